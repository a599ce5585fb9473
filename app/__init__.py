"""Kết Nối, the web application. Subjects live in the sub-packages; `app.main` composes them."""

import os

os.environ.setdefault("PICCOLO_CONF", "app.piccolo_conf")
