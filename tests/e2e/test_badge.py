"""A badge as it is printed: its QR code is read at 2.5 cm, and the pages of badges are fit for eyes and keys."""

from typing import Any

import pytest

from events.badges.designs import NOBODYS_CODE
from tests.e2e.conftest import axe

pytestmark = pytest.mark.browser

_READ = """async ([reader, picture]) => {
  const {default: decode} = await import(reader);
  const image = await createImageBitmap(await (await fetch(picture)).blob());
  const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
  pen.drawImage(image, 0, 0);
  const {width, height} = image;
  return decode({width, height, data: pen.getImageData(0, 0, width, height).data});
}"""


async def test_case_69_the_code_on_a_badge_is_read_at_two_and_a_half_centimetres(visit: Any) -> None:
    """The preview has five pixels to a millimetre: a code of 27 mm is 134 of them wide, as a phone sees it from afar.

    Then one badge is printed at the desk, and a second one asks why.
    """
    organizer = await visit(width=1280, locale="vi")
    await organizer.sign_in("organizer")
    page = await organizer.go_on("/events/manage")
    setup = await page.locator("main a[href$='/setup']").first.get_attribute("href")
    event = setup.removesuffix("/setup")
    page = await organizer.go_on(f"{event}/desk")
    reader = await page.locator("[data-reader]").get_attribute("data-reader")
    page = await organizer.go_on(f"{event}/badges")
    picture = await page.locator("#preview img").get_attribute("src")
    assert await page.evaluate(_READ, [reader, picture]) == NOBODYS_CODE
    await page.select_option("#f-size", "label_100")
    await page.wait_for_function("() => document.querySelector('#preview img').src.includes('label_100')")
    assert organizer.complaints == []
    assert await axe(page) == []
