package collector

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"leavercheck/collector/snapshot"
)

// granted are the roles or scopes for a service.
func (e *examiner) granted(ofExchange bool) []string {
	if ofExchange {
		return e.exchangeToken.granted()
	}
	return e.graphToken.granted()
}

// needed are the permissions, or a person's scopes, that the requests of this cloud take, by service. An
// export of Exchange stands for its permission.
func (e *examiner) needed() map[string][]string {
	sets := map[string]map[string]bool{graphName: {}, exchangeName: {}}
	for _, need := range Needs() {
		for _, r := range need.Requests {
			service := graphName
			if r.exchange() {
				service = exchangeName
			}
			if !r.supported(e.options.Cloud.Name) || r.exchange() && e.options.ExchangeExport != nil {
				continue
			}
			for _, name := range e.takes(r) {
				sets[service][name] = true
			}
		}
	}
	out := map[string][]string{}
	for service, set := range sets {
		for name := range set {
			out[service] = append(out[service], name)
		}
		slices.Sort(out[service])
	}
	return out
}

// takes are the permissions of a request for whoever signed in.
func (e *examiner) takes(r Request) []string {
	if e.graphToken.person() {
		return r.Scopes
	}
	return r.Permissions
}

// permissions compares what is there with what is needed.
func (e *examiner) permissions() []Granted {
	needed := e.needed()
	var out []Granted
	for _, service := range []string{graphName, exchangeName} {
		there := e.granted(service == exchangeName)
		used := map[string]bool{}
		for _, name := range needed[service] {
			by, ok := holds(there, name)
			used[by] = true
			g := Granted{Resource: service, Name: name, State: Missing}
			if ok {
				g.State = Present
			}
			if ok && by != name {
				g.By = by
			}
			out = append(out, g)
		}
		for _, name := range there {
			if !used[name] && onlyReads(name) && strings.Contains(name, ".") {
				out = append(out, Granted{Resource: service, Name: name, State: Superfluous})
			}
		}
	}
	return out
}

// exchangeAccess sums up the way to Exchange.
func (e *examiner) exchangeAccess() Exchange {
	if e.options.ExchangeExport != nil {
		return Exchange{Ability: Readable, Detail: "read from the export; the service is not asked"}
	}
	out := Exchange{Ability: Readable}
	for _, endpoint := range []string{probeConfiguration, probeMailbox} {
		p := e.answers[endpoint]
		if p.Ability == Readable || out.Ability == Unreadable {
			continue
		}
		out.Ability, out.Detail = p.Ability, p.Detail
	}
	for _, id := range e.exchangeToken.Directory {
		if slices.Contains(everybody(), id) {
			continue
		}
		role, known := directoryRoles()[id]
		if !known {
			role.name = id
		}
		out.Roles = append(out.Roles, role.name)
	}
	slices.Sort(out.Roles)
	return out
}

// facts says of every fact whether it can be read.
func (e *examiner) facts() []FactAccess {
	var out []FactAccess
	for _, need := range Needs() {
		access := FactAccess{Fact: need.Fact, Ability: Readable, Without: need.Without}
		for _, r := range need.Requests {
			ability, lack := e.access(r)
			if ability == Readable {
				continue
			}
			if access.Ability != Unreadable {
				access.Ability = ability
			}
			lack.Endpoint = r.Endpoint
			access.Lacks = append(access.Lacks, lack)
		}
		if access.Ability == Readable {
			access.Without = ""
		}
		out = append(out, access)
	}
	return out
}

// access says whether a request will be answered: first by what the cloud has and the token says, then by
// what the service said to its probe.
func (e *examiner) access(r Request) (Ability, Lack) {
	export := r.exchange() && e.options.ExchangeExport != nil
	person := e.graphToken.person()
	takes := e.takes(r)
	switch {
	case export:
		return Readable, Lack{}
	case !r.supported(e.options.Cloud.Name):
		return Unreadable, Lack{Reason: string(snapshot.Unsupported), Detail: "the cloud " + e.options.Cloud.Name + " does not have it"}
	case person && len(takes) == 0:
		return Unreadable, Lack{Reason: string(snapshot.Unsupported), Detail: "not with a person's sign-in", Mend: "the sign-in of an application"}
	}
	answer, asked := e.answers[r.probe]
	var missing []string
	for _, name := range takes {
		if _, ok := holds(e.granted(r.exchange()), name); !ok && (answer.Ability != Readable || !proves(r.probe, name)) {
			missing = append(missing, name)
		}
	}
	switch {
	case asked && answer.Reason == string(snapshot.Unlicensed) && r.probe == probeEligible && !e.governed() && len(missing) == 0:
		return Readable, Lack{} // nothing can be eligible
	case asked && answer.Reason == string(snapshot.Unlicensed):
		return Unreadable, Lack{Reason: answer.Reason, Detail: answer.Detail, Mend: answer.mend}
	case r.exchange() && (len(missing) > 0 || asked && answer.Ability == Unreadable):
		return Unreadable, Lack{Reason: string(snapshot.Forbidden), Detail: answer.Detail, Mend: cmp.Or(answer.mend, exchangeMend(r))}
	case len(missing) > 0:
		return Unreadable, Lack{Reason: string(snapshot.Forbidden), Detail: answer.Detail, Mend: e.permit(missing)}
	case asked && answer.Ability == Unreadable && person:
		return Unreadable, Lack{Reason: answer.Reason, Detail: answer.Detail, Mend: "the directory role " + r.Role + " for who signs in"}
	case asked && answer.Ability == Unreadable:
		return Unreadable, Lack{
			Reason: answer.Reason, Detail: answer.Detail,
			Mend: e.permit(takes) + " in force: the token has it, the service refuses; a change takes up to an hour to get through",
		}
	case asked && answer.Ability == NotKnown:
		return NotKnown, Lack{Detail: answer.Detail, Mend: "another try"}
	}
	return Readable, Lack{}
}

// permit names permissions as unknown facts do.
func (e *examiner) permit(names []string) string {
	kind := "application"
	if e.graphToken.person() {
		kind = "delegated"
	}
	return fmt.Sprintf("the Graph %s permission %s", kind, strings.Join(names, " and "))
}

func exchangeMend(r Request) string {
	return fmt.Sprintf("the Exchange application permission %s and, for the application, %s", exchangeManageAsApp, r.ExchangeRole)
}

// governed says whether the tenant's licences bring Privileged Identity Management; where they are not known,
// they may.
func (e *examiner) governed() bool {
	return e.skus.State != snapshot.Read || subscribed(e.skus, managesPrivileges)
}
