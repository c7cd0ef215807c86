# METADATA
# title: The checklist
# description: |
#   What a former employee must no longer have, and what must not be lost: Microsoft's "Remove a former employee", one
#   package per rule. A rule answers for one leaver in `input` and reads tenant-wide facts from `data.tenant`. It says
#   fail when what was read proves the state wrong, also when a fact was read in part; it says pass only when every
#   fact that the pass stands on was read. Grace, waivers and attestations are the engine's.
# scope: subpackages
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee
#     description: Microsoft's checklist
# schemas:
#   - input: schema.leaver
#   - data.tenant: schema.tenant
package checklist
