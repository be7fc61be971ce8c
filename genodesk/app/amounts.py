"""How times, numbers and sizes are written everywhere in the desk."""

from datetime import UTC, datetime

from PySide6.QtCore import QCoreApplication


def duration(seconds: float) -> str:
    """For example "8 s", "3 min 20 s", "2 h 10 min", "3 days"."""
    tr = QCoreApplication.translate
    whole = max(0, round(seconds))
    minutes, hours = whole // 60, whole // 3600
    if whole < 60:
        return tr("Amounts", "{n} s").format(n=whole)
    if minutes < 10:
        return tr("Amounts", "{n} min {s} s").format(n=minutes, s=whole % 60)
    if hours < 1:
        return tr("Amounts", "{n} min").format(n=round(whole / 60))
    if hours < 48:
        return tr("Amounts", "{n} h {m} min").format(n=hours, m=minutes % 60)
    return tr("Amounts", "{n} days").format(n=round(hours / 24))


def age(moment: str, now: datetime | None = None) -> str:
    """How long ago a moment was, in a word or two; a week ago and more, the day."""
    tr = QCoreApplication.translate
    try:
        seconds = seconds_since(moment, now)
    except ValueError:
        return ""
    if seconds < 60:
        return tr("Amounts", "just now")
    if seconds < 3600:
        return tr("Amounts", "{n} min ago").format(n=int(seconds // 60))
    if seconds < 86_400:
        return tr("Amounts", "{n} h ago").format(n=int(seconds // 3600))
    if seconds < 7 * 86_400:
        return tr("Amounts", "{n} d ago").format(n=int(seconds // 86_400))
    return when(moment)


def moment(time: str, *, exact: bool = False) -> str:
    """When something was, in the least room: today's hour and minute, else how long ago; `exact` to the second."""
    told = when(time, exact=exact)
    return told if exact or len(told) <= len("14:03") else age(time)


def when(time: str, *, exact: bool = False) -> str:
    """A moment of an event in the person's own time: "14:03" today, "22 Nov, 14:03" this year, else "22 Nov 2025".

    `exact` adds the seconds, for what happened more than once in a minute.
    """
    try:
        moment = datetime.fromisoformat(time).astimezone()
    except ValueError:
        return ""
    today = datetime.now().astimezone().date()
    clock = f"{moment:%H:%M:%S}" if exact else f"{moment:%H:%M}"
    if moment.date() == today:
        return clock
    year = f" {moment:%Y}" if moment.year != today.year else ""
    return f"{moment.day} {moment:%b}{year}" + ("" if year and not exact else f", {clock}")


def number(value: float | None) -> str:
    """A measured number in a few characters."""
    if value is None:
        return "–"
    magnitude = abs(value)
    if magnitude >= 1000:
        return f"{value:,.0f}"
    if 0 < magnitude < 0.001:
        return f"{value:.2e}"
    return f"{value:.3f}" if magnitude < 10 else f"{value:.1f}"


def probability(value: float) -> str:
    """In two decimals; what is less than certain is never written as certain."""
    told = f"{value:.2f}"
    return ">0.99" if told == "1.00" and value < 1 else told


def bytes_words(count: float) -> str:
    """A size for people, in powers of ten."""
    for unit, power in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= power:
            shown = count / power
            return f"{shown:,.0f} {unit}" if shown >= 100 else f"{shown:,.1f} {unit}"
    return QCoreApplication.translate("Amounts", "{n} bytes").format(n=f"{count:,.0f}")


def seconds_since(time: str, now: datetime | None = None) -> float:
    """The seconds from a moment of an event to now. Raises ValueError for what is no time."""
    return ((now or datetime.now(UTC)) - datetime.fromisoformat(time)).total_seconds()
