"""GeneChat in tests: the page with the demonstration's genes, and a stand-in for the worker that says anything."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from genodesk.app.pages.chat.page import ChatPage
from genodesk.app.pages.chat.subject import DEMONSTRATION
from genodesk.app.window import Window
from genodesk.core.errors import UserError
from genodesk.core.resources import resource

GENES = (
    {"id": "YAL001C", "name": "TFC3", "bases": 3573, "description": "Subunit of RNA polymerase III", "annotated": True},
    {"id": "YAL003W", "name": "EFB1", "bases": 988, "description": "Elongation factor", "annotated": True},
)


class StandIn:
    """In the place of the worker that keeps models: it knows some genes and says what a test wants said.

    `words` come one every `pause_s`; `document` is what it adds to its answer.
    """

    def __init__(self, *words: str, genes: Any = GENES, pause_s: float = 0.0, **document: Any) -> None:
        self.words, self.genes, self.pause_s, self.document = words, genes, pause_s, document
        self.questions: list[dict[str, Any]] = []
        self.notices: list[str] = []
        self.error: UserError | None = None  # of the files

    @classmethod
    def behind(cls, window: Window, *words: str, **values: Any) -> "StandIn":
        """Put in the place of the worker of a window, and of GeneChat in the one that reads files."""
        made = cls(*words, **values)
        window.desk.__dict__["models"] = made
        real = window.desk.engine.ask

        async def ask(method: str, on_part: Any = None, **question: Any) -> dict[str, Any]:
            return await (made.ask if method == "workflow" else real)(method, on_part, **question)

        window.desk.engine.ask = ask
        return made

    def start(self) -> None:
        """Is ready at once."""

    def close(self) -> None:
        """Has nothing to end."""

    async def ask(self, method: str, on_part: Any = None, **question: Any) -> dict[str, Any]:
        assert (method, question["workflow"]) == ("workflow", "genechat")
        self.questions.append(question)
        await asyncio.sleep(0)
        if question["ask"] == "genes" and self.error is not None:
            raise self.error
        if question["ask"] == "genes":
            found = self.genes[question["first"] : question["first"] + question["count"]]
            return {"genes": list(found), "total": len(self.genes), "longest": 160_000, "notices": self.notices}
        if question["ask"] == "evidence":
            source = {"n": 1, "source": ", ".join(question["annotation"]), "id": question["genes"][0], "text": "x"}
            return {"beside": [{"evidence": [source], "agrees": [], "invented": []} for _ in question["answers"]]}
        if question["ask"] == "model":
            return {"questions": ["What does this gene do?"]}
        if question["ask"] == "shuffled":
            return {"nats": -1.0, "nats_per_token": -0.1, "tokens": 10}
        return await self._speak(on_part)

    async def _speak(self, on_part: Any) -> dict[str, Any]:
        provenance = {"windows": 2, "encoded": 2, "demonstration": True, "model": "ab" * 32, "settings": {"seed": 0}}
        on_part({"windows": {"done": 2, "total": 2}})
        on_part({"begin": provenance})
        for word in self.words:
            await asyncio.sleep(self.pause_s)
            on_part({"text": word})
        return {"answer": "".join(self.words).strip(), "ending": "end", "provenance": provenance, **self.document}


class Directed(StandIn):
    """A worker whose every word waits for the test: `parts[n]` hands a part to answer n, `ends[n]` is its end."""

    def __init__(self, *words: str, **values: Any) -> None:
        super().__init__(*words, **values)
        self.parts: list[Any] = []
        self.ends: list[asyncio.Future[dict[str, Any]]] = []

    async def ask(self, method: str, on_part: Any = None, **question: Any) -> dict[str, Any]:
        if question["ask"] not in ("chat", "shuffled"):
            return await super().ask(method, on_part, **question)
        self.questions.append(question)
        self.parts.append(on_part)
        self.ends.append(asyncio.get_running_loop().create_future())
        return await self.ends[-1]


async def open_stand_in(window: Window, until: Any, tmp_path: Path) -> ChatPage:
    """The page with the stand-in's genes."""
    page = window.show_page("chat")
    assert isinstance(page, ChatPage)
    page.take(path=str(tmp_path / "genes.fasta"))
    await until(lambda: page.subject.gene)
    return page


async def open_demonstration(window: Window, until: Any) -> ChatPage:
    """The page with the genes of the demonstration model, whose worker is warm."""
    if not (resource(DEMONSTRATION) / "genes.fasta").exists():
        pytest.skip("there is no demonstration model; packaging/make-genechat-demo makes it")
    page = window.show_page("chat")
    assert isinstance(page, ChatPage)
    page.subject.see_it_work()
    await until(lambda: page.subject.questions, seconds=60)
    return page


async def answered(page: ChatPage, until: Any, seconds: float = 40) -> Any:
    """The last turn, once nothing more is said to it."""
    await until(lambda: page.talking.conversation.turns and not page.talking.busy, seconds=seconds)
    return page.talking.conversation.turns[-1]
