# METADATA
# title: Sentences that rules share
# description: |
#   One package per noun. A sentence here is true only when what was read proves it: where a rule needs both a
#   statement and its opposite, each has its own sentence, and neither holds of what was not read.
# scope: subpackages
# schemas:
#   - input: schema.leaver
#   - data.tenant: schema.tenant
package lib
