package simtenant

import (
	"slices"
	"strings"
	"time"
)

// plans lists what is switched on in a licence.
func (l licence) plans() []plan {
	return slices.DeleteFunc(slices.Clone(l.sku.plans), func(p plan) bool { return slices.Contains(l.off, p.id) })
}

// switchedOff lists the plans that are off in the licence of a subscription.
func (u *user) switchedOff(s *sku) []string {
	for _, l := range u.licences {
		if l.sku == s {
			return l.off
		}
	}
	return nil
}

// logLicences writes the change from what the leaver had at work to what is left now, if there is any.
func (l *leaver) logLicences() {
	had := []licence{{sku: l.b.enterprise}}
	if l.delicensed.IsZero() || l.u.guest || l.neverLicensed || sameSKUs(had, l.u.licences) {
		return
	}
	l.b.changeLicences(l.u, l.delicensed, had, l.u.licences)
}

func sameSKUs(a, b []licence) bool {
	return slices.EqualFunc(a, b, func(x, y licence) bool { return x.sku == y.sku })
}

// changeLicences logs a change of licences as the directory does: before and after, each a JSON array of strings.
func (b *builder) changeLicences(u *user, at time.Time, before, after []licence) *audit {
	render := func(licences []licence) string {
		entries := []string{}
		for _, l := range licences {
			var off []string
			for _, p := range l.sku.plans {
				if slices.Contains(l.off, p.id) {
					off = append(off, p.name)
				}
			}
			entries = append(entries, "[SkuName="+l.sku.part+", AccountId="+b.ids.guid("tenant")+", SkuId="+l.sku.id+", DisabledPlans=["+strings.Join(off, ", ")+"]]")
		}
		return string(encode(entries))
	}
	return b.audit(u, at, b.admin, "Change user license", [3]string{"AssignedLicense", render(before), render(after)},
		[3]string{"Included Updated Properties", "", `"AssignedLicense, AssignedPlan"`})
}
