package simtenant

import (
	"net/http"
	"slices"
	"strings"
)

const outlookPage = 10

// cloudMailbox finds the mailbox that Graph can reach: live, in the cloud.
func (t *Tenant) cloudMailbox(key string) (*mailbox, error) {
	u := t.findUser(key)
	if u == nil {
		return nil, &refusal{status: http.StatusNotFound, code: "ErrorInvalidUser", quiet: true, message: "The requested user '" + key + "' is invalid."}
	}
	if u.mailbox == nil || u.mailbox.state != liveMailbox {
		return nil, noMailbox()
	}
	return u.mailbox, nil
}

func (t *Tenant) listMessageRules(g *graphCall) (answer, error) {
	m, err := t.cloudMailbox(g.params[0])
	if err != nil {
		return answer{}, err
	}
	if err := only(g, "$select", "$top"); err != nil {
		return answer{}, err
	}
	if !strings.EqualFold(g.params[1], "inbox") && g.params[1] != t.folderID(m, "Inbox") {
		return answer{}, badRequest("Message rules are only supported on the inbox folder.")
	}
	known := func(name string) bool {
		return slices.Contains([]string{"id", "displayName", "sequence", "isEnabled", "hasError", "isReadOnly", "conditions", "exceptions", "actions"}, name)
	}
	if err := selectable(g, "messageRule", known); err != nil {
		return answer{}, err
	}
	numbers := make([]int, len(m.rules))
	for i := range numbers {
		numbers[i] = i
	}
	context := "users('" + m.owner.id + "')/mailFolders('inbox')/messageRules"
	return collection(g, context, numbers, maxUsers, maxUsers, func(i int) map[string]any {
		return pick(t.ruleRow(m, i, m.rules[i]), g.query.selected)
	})
}

func (t *Tenant) ruleRow(m *mailbox, i int, r *rule) map[string]any {
	actions := map[string]any{}
	for name, addresses := range map[string][]string{"forwardTo": r.forwardTo, "redirectTo": r.redirectTo, "forwardAsAttachmentTo": r.attachTo} {
		var to []any
		for _, address := range addresses {
			to = append(to, map[string]any{"emailAddress": map[string]any{"name": local(address), "address": address}})
		}
		if to != nil {
			actions[name] = to
		}
	}
	for name, on := range map[string]bool{"delete": r.delete, "permanentDelete": r.permanentDelete, "markAsRead": r.markAsRead, "stopProcessingRules": r.stop} {
		if on {
			actions[name] = true
		}
	}
	for name, target := range map[string]string{"moveToFolder": r.moveTo, "copyToFolder": r.copyTo} {
		if target != "" {
			actions[name] = t.folderID(m, target)
		}
	}
	row := map[string]any{
		"id": identifiers{seed: t.options.Seed}.token("rule", m.guid, r.name)[:12], "displayName": r.name, "sequence": i + 1,
		"isEnabled": !r.disabled, "hasError": false, "isReadOnly": false, "actions": actions,
	}
	// A rule for every message has no conditions at all, not empty ones.
	if r.subject != "" {
		row["conditions"] = map[string]any{"subjectContains": []string{r.subject}}
	}
	return row
}

// wellKnownFolders are those of every mailbox, with the names that Graph takes in place of an id.
func wellKnownFolders() []folder {
	return []folder{
		{"Archive", "archive"},
		{"Conversation History", "conversationhistory"},
		{"Deleted Items", "deleteditems"},
		{"Drafts", "drafts"},
		{"Inbox", "inbox"},
		{"Junk Email", "junkemail"},
		{"Outbox", "outbox"},
		{"Sent Items", "sentitems"},
		{"RSS Feeds", ""},
	}
}

func (m *mailbox) allFolders() []folder { return append(wellKnownFolders(), m.folders...) }

func (t *Tenant) folderID(m *mailbox, name string) string {
	return "AQMk" + identifiers{seed: t.options.Seed}.token("folder", m.guid, name)
}

func (t *Tenant) folderRow(m *mailbox, f folder) map[string]any {
	return map[string]any{
		"id": t.folderID(m, f.name), "displayName": f.name, "parentFolderId": t.folderID(m, "Top of Information Store"),
		"childFolderCount": 0, "unreadItemCount": 0, "totalItemCount": 0, "isHidden": false,
	}
}

func (t *Tenant) getMailFolder(g *graphCall) (answer, error) {
	m, err := t.cloudMailbox(g.params[0])
	if err != nil {
		return answer{}, err
	}
	if err := only(g, "$select"); err != nil {
		return answer{}, err
	}
	if err := selectable(g, "mailFolder", hasKey(t.folderRow(m, folder{}))); err != nil {
		return answer{}, err
	}
	key := g.params[1]
	folders := m.allFolders()
	i := slices.IndexFunc(folders, func(f folder) bool {
		return f.wellKnown != "" && strings.EqualFold(f.wellKnown, key) || t.folderID(m, f.name) == key
	})
	if i < 0 {
		return answer{}, &refusal{
			status: http.StatusNotFound, code: "ErrorItemNotFound", quiet: true,
			message: "The specified object was not found in the store., The process failed to get the correct properties.",
		}
	}
	return entity(g, "users('"+m.owner.id+"')/mailFolders", pick(t.folderRow(m, folders[i]), g.query.selected))
}

func (t *Tenant) listMailFolders(g *graphCall) (answer, error) {
	m, err := t.cloudMailbox(g.params[0])
	if err != nil {
		return answer{}, err
	}
	if err := only(g, "$select", "$top", "$count"); err != nil {
		return answer{}, err
	}
	if err := selectable(g, "mailFolder", hasKey(t.folderRow(m, folder{}))); err != nil {
		return answer{}, err
	}
	return collection(g, "users('"+m.owner.id+"')/mailFolders", m.allFolders(), outlookPage, maxUsers, func(f folder) map[string]any {
		return pick(t.folderRow(m, f), g.query.selected)
	})
}
