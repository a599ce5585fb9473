"""The portal: landing page, about, language, and the mails of the demo."""
