package report

import (
	"cmp"
	"html/template"
	"slices"

	"leavercheck/policies"
)

// A page that people can use is a few megabytes. crowd shares that out between the leavers, the most urgent first:
//
//  1. each leaver has a row in the matrix;
//  2. the most urgent have an entry that names every verdict that is open: everybody, but in a result of thousands;
//  3. the most urgent of these have evidence, timeline and remediation, too;
//  4. if that is everybody, and there is still room, so has what passes.
//
// Where not even the rows fit, the least urgent leavers are left out. The page says of each step how many have it.
const (
	// crowdBytes bounds all of them; the rest of the page is some hundred kilobytes.
	crowdBytes = 4_400_000
	// rowBytes and briefBytes bound rows, and rows with brief entries, so that there is always room for evidence.
	rowBytes   = crowdBytes * 3 / 8
	briefBytes = crowdBytes * 6 / 8
)

// member is a leaver as HTML: a row with links and one without, an entry without evidence and one with, and the
// evidence of what passes. What cannot have room is nil.
type member struct {
	anchor                        string
	urgency                       urgency
	open                          bool
	row, bare, brief, full, proof []byte
}

func (m member) size() int {
	return len(m.row) + len(m.bare) + len(m.brief) + len(m.full) + len(m.proof)
}

// urgency orders leavers: whose data is lost first, then by what is wrong with them.
type urgency struct {
	worst row
	rank  int
	name  string
	key   string
}

func (u urgency) compare(v urgency) int {
	return cmp.Or(
		sooner(u.worst.lost, v.worst.lost),
		cmp.Compare(u.rank, v.rank),
		worse(u.worst, v.worst),
		cmp.Compare(u.name, v.name),
		cmp.Compare(u.key, v.key),
	)
}

// urgencyOf ranks those who fail before those who could not be checked, who are in grace, who are waived, and who are
// clean.
func urgencyOf(leaver policies.LeaverResult) urgency {
	out := urgency{rank: len(policies.Statuses()), name: leaver.Name(), key: leaver.Leaver.Key()}
	if leaver.NotYet() {
		out.rank++
	}
	for _, v := range leaver.Verdicts {
		if !open(v.Status) {
			continue
		}
		one := urgency{rank: slices.Index(policies.Statuses(), v.Status), name: out.name, key: out.key}
		one.worst = row{severity: v.Severity, rule: v.Rule, due: v.Due}
		if v.Status != policies.Waived {
			one.worst.lost = v.Deadline
		}
		if one.compare(out) < 0 {
			out = one
		}
	}
	return out
}

// crowd holds the leavers that can have room.
type crowd struct {
	total   int
	members []member
	bytes   int
	// proofs is how much evidence there is of what passes, noProof that it is more than there is room for.
	proofs  int
	noProof bool
	// noFull and noBrief are the most urgent of those whose entry found no room: who is less urgent needs none.
	noFull, noBrief *urgency
	// out counts those who are left out, outOpen those of them who have something open.
	out, outOpen int
}

// room says which entries could still have room.
func (c *crowd) room(u urgency) (brief, full, proof bool) {
	brief = c.noBrief == nil || u.compare(*c.noBrief) < 0
	full = brief && (c.noFull == nil || u.compare(*c.noFull) < 0)
	return brief, full, full && !c.noProof
}

func (c *crowd) add(m member) {
	c.total++
	c.members = append(c.members, m)
	if c.proofs += len(m.proof); c.proofs > crowdBytes && !c.noProof {
		c.noProof = true
		for i := range c.members {
			c.bytes -= len(c.members[i].proof)
			c.members[i].proof = nil
		}
		m.proof = nil
	}
	if c.bytes += m.size(); c.bytes > 4*crowdBytes {
		c.prune()
	}
}

func (c *crowd) sort() {
	slices.SortFunc(c.members, func(a, b member) int { return a.urgency.compare(b.urgency) })
}

// prune drops what cannot have room whoever comes after: more leavers only push the less urgent back.
func (c *crowd) prune() {
	c.sort()
	c.bytes = 0
	c.noProof = true // else somebody's might be gone
	rows, brief, full := 0, 0, 0
	for i := range c.members {
		m := &c.members[i]
		if rows += len(m.bare); rows > rowBytes {
			c.leaveOut(i)
			return
		}
		if brief += len(m.brief); brief > briefBytes && m.brief != nil {
			m.row, m.brief, m.full = nil, nil, nil
			c.noBrief = mostUrgent(c.noBrief, m.urgency)
		}
		if full += len(m.full); full > crowdBytes && m.full != nil {
			m.full = nil
			c.noFull = mostUrgent(c.noFull, m.urgency)
		}
		c.bytes += m.size()
	}
}

func mostUrgent(before *urgency, u urgency) *urgency {
	if before != nil && before.compare(u) < 0 {
		return before
	}
	return &u
}

// leaveOut counts and forgets everybody from a place on.
func (c *crowd) leaveOut(from int) {
	for _, m := range c.members[from:] {
		c.out++
		if m.open {
			c.outOpen++
		}
	}
	c.members = slices.Clone(c.members[:from])
}

// seated is who is shown, and how.
type seated struct {
	Rows, Entries []template.HTML
	// Full counts those with evidence; Proof says that what passes has it, too.
	Full  int
	Proof bool
	// here are the anchors of all of them.
	here map[string]bool
}

// seat shares out the page.
func (c *crowd) seat() seated {
	c.sort()
	used, entries := 0, 0
	for i, m := range c.members {
		if used+len(m.bare) > rowBytes {
			c.leaveOut(i)
			break
		}
		used += len(m.bare)
	}
	for _, m := range c.members {
		more := len(m.row) - len(m.bare) + len(m.brief)
		if m.brief == nil || used+more > briefBytes {
			break
		}
		used += more
		entries++
	}
	out := seated{here: map[string]bool{"tenant": true}}
	proof := 0
	for _, m := range c.members[:entries] {
		more := len(m.full) - len(m.brief)
		if m.full == nil || used+more > crowdBytes {
			break
		}
		used += more
		proof += len(m.proof)
		out.Full++
	}
	out.Proof = out.Full == c.total && !c.noProof && used+proof <= crowdBytes
	// What follows is HTML that html/template made of the result.
	for i, m := range c.members {
		out.here[m.anchor] = true
		if i >= entries {
			out.Rows = append(out.Rows, template.HTML(m.bare))
			continue
		}
		entry := m.brief
		if i < out.Full {
			entry = m.full
		}
		if out.Proof {
			entry = slices.Concat(entry, m.proof)
		}
		out.Rows = append(out.Rows, template.HTML(m.row))
		out.Entries = append(out.Entries, template.HTML(entry))
	}
	return out
}
