"""Pictures as the A4 pages of a PDF: the smallest file that every reader opens (ISO 32000-1, 7.5)."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

PAGE_POINTS = (595.28, 841.89)  # A4
QUALITY = 92


def pictures_pdf(pictures: Sequence[npt.NDArray[np.uint8]]) -> bytes:
    """The file, a page for each picture (H, W, 3) RGB, stretched over the whole of it."""
    pages = " ".join(f"{3 + 3 * number} 0 R" for number in range(len(pictures)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{pages}] /Count {len(pictures)} >>".encode(),
    ]
    for picture in pictures:
        objects += _page(picture, first=len(objects) + 1)
    content, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(content)


def _page(picture: npt.NDArray[np.uint8], *, first: int) -> list[bytes]:
    """Page, what it draws, and the picture: three objects, numbered from `first` on."""
    jpeg = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
    height, width = picture.shape[:2]
    across, down = PAGE_POINTS
    draw = f"q {across} 0 0 {down} 0 0 cm /P Do Q".encode()
    return [
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {across} {down}] /Contents {first + 1} 0 R "
        f"/Resources << /XObject << /P {first + 2} 0 R >> >> >>".encode(),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(draw), draw),
        f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceRGB "
        f"/BitsPerComponent 8 /Filter /DCTDecode /Length {len(jpeg)} >>\nstream\n".encode()
        + jpeg
        + b"\nendstream",
    ]
