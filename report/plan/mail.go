package plan

import "slices"

// saveMail keeps the content of the mailbox, and brings the mail to somebody.
func (d *draft) saveMail() {
	if d.gone() {
		d.lostMailbox()
		return
	}
	d.giveLicence()
	d.recoverMailbox()
	d.keepContent()
	d.bringMail()
}

// lostMailbox is for what a deleted account left behind that restoring it would not mend.
func (d *draft) lostMailbox() {
	if rules := d.open("FWD-008"); len(rules) > 0 {
		d.inactive(rules)
	}
}

// giveLicence comes before anything that a mailbox can do only with a licence, converting it among them.
func (d *draft) giveLicence() {
	var rules []string
	need := "with Exchange Online"
	for _, rule := range d.open("FWD-002", "FWD-003", "MBX-002", "MBX-003", "ORD-001") {
		switch {
		case rule == "MBX-002" && !d.unlicensed():
			continue
		case rule == "ORD-001" && len(d.open("MBX-001", "MBX-002")) == 0:
			continue // it was the wrong order, and nothing is left to save
		case rule == "MBX-003" || rule == "FWD-003":
			need = "with Exchange Online Plan 2"
		}
		rules = append(rules, rule)
	}
	if len(rules) == 0 {
		return
	}
	step := d.step(GiveLicence, "Give a licence "+need, rules, d.page(admin, activeUser+" > Licences and apps"))
	if len(d.open("FWD-002")) > 0 {
		step.note("A shared mailbox below 50 GB may forward without one: converting needs the licence only for the time being.")
	}
	if len(d.open("FWD-003")) > 0 {
		step.note("A shared mailbox needs none below 50 GB, without an archive and without a litigation hold.")
	}
	step.do("the account",
		in(Graph, "Get-MgSubscribedSku -All"),
		in(Graph, "$sku = Read-Host 'SkuId of a licence with a seat to spare'"),
		in(Graph, "Set-MgUserLicense").id("-UserId", d.id()).with("-AddLicenses @(@{ SkuId = $sku })", "-RemoveLicenses @()").rehearse())
}

// unlicensed says that the mailbox of a live account is being purged for want of a licence.
func (d *draft) unlicensed() bool {
	if d.deleted() {
		return false
	}
	findings := d.findings("MBX-002")
	for _, f := range findings {
		// An older mailbox has no state of its own.
		if text(f, "cause") == "unlicensed" || text(f, "mailboxState") != "" {
			return true
		}
	}
	return len(findings) == 0
}

func (d *draft) recoverMailbox() {
	if rules := d.open("FWD-008"); len(rules) > 0 {
		d.inactive(rules)
	}
	if len(d.open("MBX-002")) == 0 {
		return
	}
	var step *Step
	for _, f := range d.findings("MBX-002") {
		if text(f, "cause") != "soft-deleted" || text(f, "mailboxState") != "" {
			continue
		}
		if step == nil {
			step = d.step(RecoverMailbox, "Bring the content of an older, deleted mailbox back", d.open("MBX-002"), d.page(exchange, mailbox))
		}
		step.do("the mailbox", in(ExchangeOnline, "New-MailboxRestoreRequest").id("-SourceMailbox", f.Resource()).
			id("-TargetMailbox", d.id()).with("-AllowLegacyDNMismatch").rehearse())
	}
}

func (d *draft) inactive(rules []string) {
	d.step(RecoverMailbox, "Recover the inactive mailbox, or give its address to the successor", rules, d.page(exchange, mailbox)).
		decide("An inactive mailbox neither receives nor forwards. Recover it into a new mailbox (New-Mailbox -InactiveMailbox), restore its content into another one (New-MailboxRestoreRequest), or add its address to the successor's mailbox.")
}

// keeps is how the plan keeps the content: with a hold where nobody is to read the mail, in a shared mailbox,
// which needs no licence, otherwise.
func (d *draft) keeps() Kind {
	if d.wish() == "none" {
		return Hold
	}
	return Convert
}

func (d *draft) keepContent() {
	rules := d.open("MBX-001")
	if len(rules) == 0 && d.planned(Restore) {
		rules = d.open("MBX-002")
		if d.loses("mailbox") {
			rules = append(rules, "DEL-002")
		}
	}
	convert := len(rules) > 0 && d.keeps() == Convert || d.wantsShared() && len(d.open("FWD-001")) > 0 && !d.shared()
	if convert {
		rules = union(rules, d.open("FWD-001"))
	}
	switch {
	case len(rules) == 0:
	case convert:
		d.step(Convert, "Convert the mailbox to a shared one", rules, d.page(exchange, mailbox+" > Convert to shared mailbox")).
			do("the mailbox", in(ExchangeOnline, "Set-Mailbox").id("-Identity", d.id()).with("-Type Shared").rehearse()).
			note("The mailbox must be licensed at that moment; wait until RecipientTypeDetails says SharedMailbox. A litigation hold would keep the content too.")
	default:
		d.step(Hold, "Put the mailbox on hold", rules, d.page(exchange, mailbox+" > Others > Manage litigation hold")).
			do("the mailbox", in(ExchangeOnline, "Set-Mailbox").id("-Identity", d.id()).with("-LitigationHoldEnabled $true").rehearse()).
			note("It needs Exchange Online Plan 2, or Plan 1 with Archiving, and takes up to 60 minutes. An export (.pst) that is attested keeps the content too.")
	}
}

// wantsShared says that the mail is to reach somebody through a shared mailbox: what was agreed, or the
// cheaper way where nothing was.
func (d *draft) wantsShared() bool { return d.wish() == "shared" || d.wish() == "" }

// shared says that the mailbox is known to be a shared one.
func (d *draft) shared() bool {
	if len(d.open("FWD-003", "FWD-007")) > 0 {
		return true
	}
	for _, verdict := range d.leaver.Verdicts {
		for _, evidence := range verdict.Evidence {
			if kind, _ := evidence.Values["RecipientTypeDetails"].(string); evidence.Fact == "mailbox" && kind == "SharedMailbox" {
				return true
			}
		}
	}
	return false
}

func (d *draft) bringMail() {
	rules := d.open("FWD-001", "FWD-005")
	astray := slices.Contains(rules, "FWD-005")
	switch {
	case len(rules) == 0 || d.wish() == "none":
	case d.wish() == "forward" || astray && d.wish() == "" && len(rules) == 1:
		step := d.step(Forward, "Forward the mail to the successor", rules, d.page(admin, activeUser+" > Mail > Manage email forwarding"))
		if d.successor() == "" {
			step.decide("The roster names no successor: decide who gets the mail.")
			return
		}
		step.do("the mailbox", in(ExchangeOnline, "Set-Mailbox").id("-Identity", d.id()).text("-ForwardingAddress", d.successor()).
			with("-ForwardingSmtpAddress $null", "-DeliverToMailboxAndForward $true").rehearse())
	case len(d.open("FWD-001")) > 0:
		step := d.step(Delegate, "Let the successor open the shared mailbox", d.open("FWD-001"), d.page(exchange, mailbox+" > Delegation"))
		if d.successor() == "" {
			step.decide("The roster names no successor: decide who reads the mail.")
			return
		}
		step.do("the mailbox", in(ExchangeOnline, "Add-MailboxPermission").id("-Identity", d.id()).text("-User", d.successor()).
			with("-AccessRights FullAccess", "-InheritanceType All").rehearse())
	}
}
