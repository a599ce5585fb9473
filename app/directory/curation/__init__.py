"""Getting the directory right: claims, handing over, duplicates, merging, moderation, reports, terms."""
