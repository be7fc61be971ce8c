"""The data of a training: from a file, or made up."""

from dataclasses import replace

from genodesk.workflows.get_yeast.checks import check_measured, check_not_predicted
from genodesk.workflows.get_yeast.data import YeastData, read_yeast
from genodesk.workflows.get_yeast.settings import YeastSettings


def load_yeast(settings: YeastSettings, seed: int, *, measured: bool = True) -> YeastData:
    """The data that the settings name. `measured`: expression is needed; without, predicted expression is left out.

    Raises UserError.
    """
    if settings.data is None:
        if settings.difficulty is None:
            raise settings.missing()
        from genodesk.workflows.get_yeast.synthetic import synth_yeast

        return synth_yeast(settings.difficulty, seed)
    data = read_yeast(settings.data, settings.reading)
    if measured:
        check_not_predicted(data.predicted_by, str(settings.data))
        check_measured(data.expression, str(settings.data))
    elif data.predicted_by:
        data = replace(data, expression=None, predicted_by="")
    return data
