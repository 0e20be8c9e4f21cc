"""What a resource type is: fields, rules, states, windows, effects. Pure: no Django, no input and output.

`resources.types.TYPES: dict[name, ResourceType]`. `spec.read_all(type, raws) -> (records, unreadable)`; `Record(type,
key, values, further, problems)`; `type.key_of(values)`, `type.key_values(key)`, `type.settable_fields(creating=)`,
`type.states(values, Context) -> (Status, …)` (first is the state, the others notes), `type.effects(before, wanted,
Context) -> [Effect]`, `type.heeds(before, wanted, Context)` (what the platform takes up of it, and what to say of the
rest: vm_06), `field.choices_beside(values)` and `default_beside` (those that suit the other fields; forms go by what
is typed there), `type.actions` (`Action.buttons(record, now)`, `Action.sets(record, params, now)`). `spelling` is the
one way in which texts are compared, put in order and looked for. `state_styles.LOOKS[State] -> Look(word, icon,
colour)`. `type.roomy` names columns that lists leave out where there is little room.
`windows.next_window(group_values, now) -> Window`. `times.*`. `deletion.read_deletion(value) -> Deletion` and
`interfaces.addresses(value) -> [Address]` read those two fields of a machine. `limits.STATED`. Labels are marked with
`labels.mark as _` and translated in `ui` by `gettext(label)`.

`tests/resources` tests it alone, without Django, in seconds; `make mutants` changes it a thousand times and says what
those tests did not notice (docs/mutants.md), and `make protections` takes out each protection of the pipeline, of
sealing and of scopes, and names the test that fails without it. The portal's reading of the rules is held against the
sandbox's independent one: windows in `tests/resources/test_windows_anywhere.py`, the rest, and a machine's whole
life, with the sandbox's settings in `tests/sandbox/test_both_readings*.py`. Property-based tests have the same
examples at every run (`tests/support/properties.py`).
"""
