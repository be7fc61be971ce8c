"""The wizards of GeneChat's actions, step by step, and the forms of actions that leave no run."""

from typing import TYPE_CHECKING

from wizards import settled

from genodesk.core.workflow import get_workflow

if TYPE_CHECKING:
    from scenes import Look, Stage

_FORMS = (("get-yeast", "demo-data"), ("genechat", "import-checkpoint"), ("alphastomics", "compare"))


async def genechat_wizards(stage: "Stage", look: "Look") -> None:
    genes = stage.place / "genes.fasta"
    genes.write_text(">YAL038W pyruvate kinase\n" + "ATGTCTAGATTAGAA" * 40 + "\n")
    page = stage.window.show_page("train")
    for action in get_workflow("genechat").actions:
        if action.kind == "call":
            continue
        page.open_action("genechat", action.name)
        wizard = page.wizard
        if "data" in wizard.draft.leaves and action.name in ("prepare", "embed"):
            wizard.draft.set("data", str(genes))
        await stage.until(lambda wizard=wizard: settled(wizard))
        for step in wizard.order:
            if step == "where" and action.name != "train":  # the same for all
                continue
            wizard.go(step)
            await stage.settled()
            await look(f"genechat-{action.name}-{step}")


async def call_forms(stage: "Stage", look: "Look") -> None:
    page = stage.window.show_page("train")
    for workflow, action in _FORMS:
        page.open_action(workflow, action)
        await stage.until(lambda: page.wizard.checking.verdict is not None)
        await stage.settled()
        await look(f"form-{workflow}-{action}")
    page.wizard.start()
    await stage.until(page.wizard.answer.isVisible)
    await stage.settled()
    await look("form-answered")
    page.open_action("get-yeast", "demo-data")
    form = page.wizard
    for name, value in {"genes": 32, "number_of_conditions": 4, "out": str(stage.place / "made.h5ad")}.items():
        form.draft.set(name, value)
    await stage.until(form.go_on.isEnabled)
    form.start()
    await look("form-at-work")
    await stage.until(form.answer.isVisible)
    await stage.settled()
    await look("form-written")
