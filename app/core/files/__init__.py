"""Stored files: logos, photos, decks, evidence. How a subject takes and shows them:

1. Register what the files are for, in a module that the subject's routes import:

       LOGO_FILE = register(Purpose(name="logo", pictures=LOGO, may_see=shown_with_its_organisation))

   `may_see(actor, file)` asks the subject's own tables; `purposes.by_tier` is the plain one. A deck takes
   `documents=True`, evidence also `pictures=SCAN`.

2. A route with `request_max_body_size=PICTURE_BODY` (or DOCUMENT_BODY) reads the form; the file is gone when the block
   ends, the draft stays for a day, so that nobody chooses a file twice because of another field:

       async with upload_form(request, LogoForm, {"logo": LOGO_FILE.most_bytes}) as (form, files):
           try:
               draft = await draft_from(actor, form, files, "logo", "logo")
           except FileRefused as refusal:
               form.take(refusal)

3. The verb keeps it in its own transaction: `await keep(actor, draft, "organisation", organisation_id)` gives the id
   for the subject's column, `end_file(old, "replaced")` ends what was there. Undo is `reopen_file`.

4. Pages: `ui.avatar(name, picture_url(row.logo_file, 96))` falls back to initials by itself; forms use `ui.file_field`
   inside a form with `enctype="multipart/form-data"`. A PDF file lies at `document_url(id)`.

5. Erasure: `erase_file`, `erase_files_of(owner_kind, owner_id)`, `forget_person(person)`, in the verb's transaction.

6. Bytes for an export or a drawing of ours: `storage().read(key_of(id, variant))`, in pieces; the variants stand in the
   row, for a picture they are the widths of its shape, `96.webp`.
"""
