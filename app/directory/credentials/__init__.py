"""Credentials: legal statuses, certificates and titles, stated by their owner and checked by the department.

A badge is shown only for what was verified, is valid today and has evidence. What ends (revoked, replaced, run out)
stays as a row with its day, so that every figure can be told for any past date. What others ask of this package:

    await badges_of([organisation, ...])               what is verified and valid today, by organisation; one query
    await badges_of_person(person)                     the same of a person
    await credentials_of(organisation, viewer)         badges for strangers, everything for members and the department
"""
