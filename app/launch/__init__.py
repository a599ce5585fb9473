"""Starting the whole house on one machine: embedded servers, supervised processes, doctor, backup.

Nothing of the product lives here. Subjects are reached only through their published entry points, and only when a
command needs them.
"""
