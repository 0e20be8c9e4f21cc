"""The numbers of a pager: the first, the last, and those around the page one is on."""

AROUND = 2


def page_numbers(page: int, pages: int) -> list[int | None]:
    """1 … 4 5 [6] 7 8 … 20; None stands for what is left out, which is never a single page."""
    wanted = {1, pages, *range(page - AROUND, page + AROUND + 1)} & set(range(1, pages + 1))
    shown: list[int | None] = []
    last = 0
    for number in sorted(wanted):
        if number - last == 2:
            shown.append(last + 1)
        elif number - last > 2:
            shown.append(None)
        shown.append(number)
        last = number
    return shown
