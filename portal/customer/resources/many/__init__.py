"""Many records at once: chosen in a list, changed, deleted or copied by one form, and always by way of a plan.

`chosen` says what was chosen, `acts` what something that is asked of all of them comes to for each, `copies` what
copies of them would be, `grants` what permissions in or of them are, `pages` asks and puts it into the person's plan.
"""
