package plan

import (
	"regexp"
	"slices"
	"strings"

	"leavercheck/policies"
)

const phones = mailbox + " > Mobile devices"

// devices wipes what holds the organisation's data, and only then shuts it out: what cannot connect never
// hears that it is to be wiped.
func (d *draft) devices() {
	d.wipeMobile()
	d.retireManaged()
	d.stopMail()
	d.protocols()
	d.blockMobile()
	if rules := d.open("DEV-004"); len(rules) > 0 {
		step := d.step(DisableDevice, "Disable the devices in Microsoft Entra ID", rules, d.page(entra, "Devices > All devices > (the device) > Disable"))
		for _, f := range d.findings("DEV-004") {
			step.do(named(f), in(Graph, "Update-MgDevice").id("-DeviceId", text(f, "id")).with("-AccountEnabled:$false").rehearse())
		}
	}
	d.accountFor()
	d.mailboxSwitches()
}

// wiping says that a phone is still to be wiped, or may be.
func (d *draft) wiping() bool { return len(d.open("DEV-001"))+len(d.unknown("DEV-001")) > 0 }

func (d *draft) wipeMobile() {
	rules := d.open("DEV-001")
	if len(rules) == 0 {
		return
	}
	step := d.step(WipeMobile, "Wipe the mobile devices", rules, d.page(exchange, phones+" > Wipe data")).
		note("A wipe is done once the device acknowledges it: scan again until it does. A full wipe erases everything on the device, private data too; -AccountOnly erases the mailbox alone.")
	lost := false
	for _, f := range d.findings("DEV-001") {
		device := text(f, "Guid")
		if device == "" {
			device = f.Resource() // the rule names a device without DeviceId by its Guid
		}
		switch {
		case f["waitedHours"] != nil:
			step.note("The wipe of " + named(f) + " was asked for and is not acknowledged: asking again does not hurry it.")
		case !isGUID(device):
			lost = true
		default:
			wipe := in(ExchangeOnline, "Clear-MobileDevice").id("-Identity", device)
			if isOutlook(f) {
				wipe.with("-AccountOnly")
			}
			step.do(named(f), wipe.rehearse())
		}
	}
	if lost {
		step.do("the devices", in(ExchangeOnline, "Get-MobileDevice").id("-Mailbox", d.id()))
		step.note("The result does not have the Guid of every device: the command lists them; wipe each with Clear-MobileDevice -Identity, and with -AccountOnly where it is Outlook.")
	}
	switch {
	case d.planned(Block):
		d.warn("Wiping and blocking contradict each other: a blocked account keeps a phone from connecting, and so from hearing of its wipe. Access is the greater danger, so sign-in is blocked first; if the wipe matters more, have it acknowledged before, or collect the device.")
	case d.is("ACC-001", policies.Pass) || d.is("EML-001", policies.Pass):
		d.warn("The wipe may never arrive: sign-in or the mail protocols are off already, and a phone hears of its wipe only when it connects. Collect the device, or wipe it through Microsoft Intune.")
	}
}

// isOutlook says whether Exchange can wipe nothing but the account.
func isOutlook(f policies.Finding) bool {
	return strings.EqualFold(text(f, "ClientType"), "Outlook") || strings.Contains(strings.ToLower(text(f, "DeviceType")), "outlook")
}

func (d *draft) retireManaged() {
	rules := d.open("DEV-003")
	if len(rules) == 0 {
		return
	}
	step := d.step(RetireManaged, "Wipe or retire the devices in Intune", rules, d.page(intune, "Devices > All devices > (the device) > Wipe, Retire")).
		note("A wipe, for the organisation's devices, resets them; a retirement, for personal ones, removes only the organisation's data. Whoever keeps using a device becomes its primary user instead.")
	for _, f := range d.findings("DEV-003") {
		device := text(f, "id")
		if device == "" {
			device = f.Resource() // the rule names a device by its id
		}
		if strings.EqualFold(text(f, "managedDeviceOwnerType"), "company") {
			step.do(named(f), in(Graph, "Clear-MgDeviceManagementManagedDevice").id("-ManagedDeviceId", device).rehearse())
		} else {
			step.do(named(f), in(Graph, "Invoke-MgRetireDeviceManagementManagedDevice").id("-ManagedDeviceId", device).rehearse())
		}
	}
}

// stopMail ends what sends mail astray.
func (d *draft) stopMail() {
	if rules := d.open("FWD-005"); len(rules) > 0 && !d.gone() {
		d.step(StopForwarding, "Stop the forwarding", rules, d.page(admin, activeUser+" > Mail > Manage email forwarding")).
			do("the mailbox", in(ExchangeOnline, "Set-Mailbox").id("-Identity", d.id()).with("-ForwardingAddress $null", "-ForwardingSmtpAddress $null").rehearse())
	}
	rules := d.open("FWD-006")
	if len(rules) == 0 {
		return
	}
	step := d.step(DisableRules, "Switch off the inbox rules that send mail out or hide it", rules, d.page(exchange, mailbox)).
		note("They are switched off and not deleted: they are evidence.")
	for _, f := range d.findings("FWD-006") {
		if hidden, _ := f["hidden"].(bool); hidden {
			step.do(named(f), in(ExchangeOnline, "Disable-InboxRule").id("-Mailbox", d.id()).text("-Identity", f.Resource()).rehearse())
			continue
		}
		step.do(named(f), in(Graph, "Update-MgUserMailFolderMessageRule").id("-UserId", d.id()).with("-MailFolderId 'inbox'").
			text("-MessageRuleId", f.Resource()).with("-IsEnabled:$false").rehearse())
	}
}

// protocols switches mail protocols off; those through which a wipe travels only once it has.
func (d *draft) protocols() {
	rules := d.open("EML-001")
	if len(rules) == 0 {
		return
	}
	page := d.page(exchange, mailbox+" > Email apps & mobile devices")
	var now, later []fixed
	for _, f := range d.findings("EML-001") {
		words, carries := protocolSwitch(f.Resource())
		switch {
		case words == "":
		case carries && d.wiping():
			later = append(later, words)
		default:
			now = append(now, words)
		}
	}
	if len(now) > 0 || len(later) == 0 {
		step := d.step(Protocols, "Switch the mail protocols off", rules, page)
		if len(now) > 0 {
			step.do("the mailbox", in(ExchangeOnline, "Set-CASMailbox").id("-Identity", d.id()).with(now...).rehearse())
		}
	}
	if len(later) > 0 {
		d.step(Protocols, "Switch off the protocols of the phones", union(rules, d.waitForWipe()), page).
			decide("A wipe travels through them. Switch them off once it is acknowledged, or when you give it up; scanned again, the plan has the command.")
	}
}

// waitForWipe names the rule that a decision waits for.
func (d *draft) waitForWipe() []string {
	d.blocking = append(d.blocking, d.unknown("DEV-001")...)
	return d.open("DEV-001")
}

// protocolSwitch is what switches a protocol off, by its property, and whether a wipe may travel through it.
func protocolSwitch(property string) (words fixed, carriesWipe bool) {
	switch property {
	case "ActiveSyncEnabled":
		return "-ActiveSyncEnabled $false", true
	case "OWAforDevicesEnabled":
		return "-OWAforDevicesEnabled $false", true
	case "OutlookMobileEnabled":
		return "-OutlookMobileEnabled $false", true
	case "OWAEnabled":
		return "-OWAEnabled $false", false
	case "MAPIEnabled":
		return "-MAPIEnabled $false", false
	case "EwsEnabled":
		return "-EwsEnabled $false", false
	case "ImapEnabled":
		return "-ImapEnabled $false", false
	case "PopEnabled":
		return "-PopEnabled $false", false
	case "SmtpClientAuthenticationDisabled":
		return "-SmtpClientAuthenticationDisabled $true", false
	}
	return "", false
}

// blockMobile blocks phones, those that are to be wiped only afterwards.
func (d *draft) blockMobile() {
	rules := d.open("DEV-002")
	if len(rules) == 0 {
		return
	}
	page := d.page(exchange, phones+" > Block")
	if d.wiping() {
		d.step(BlockMobile, "Block the mobile devices", union(rules, d.waitForWipe()), page).
			decide("A blocked phone may never hear of its wipe. Block it once the wipe is acknowledged, or when you give it up; scanned again, the plan has the command.")
		return
	}
	step := d.step(BlockMobile, "Block the mobile devices", rules, page)
	if d.gone() {
		step.note("The account is deleted, and its mailbox with it: nothing is left to connect to, unless the account is restored.")
		return
	}
	for _, f := range d.findings("DEV-002") {
		device := text(f, "DeviceId")
		if device == "" && isDeviceID(f.Resource()) {
			device = f.Resource() // the rule names a device by its DeviceId
		}
		step.do(named(f), in(ExchangeOnline, "Set-CASMailbox").id("-Identity", d.id()).
			table("-ActiveSyncBlockedDeviceIDs", entry{key: "Add", value: device}).rehearse())
	}
}

// isDeviceID says whether a text has the shape that ActiveSync gives the name of a device: it is no Guid
// and no Identity.
func isDeviceID(text string) bool {
	ok, err := regexp.MatchString(`\A[A-Za-z0-9]{1,32}\z`, text)
	return ok && err == nil
}

// accountFor is for devices that nothing here reaches.
func (d *draft) accountFor() {
	for _, to := range []struct{ rule, title, page, note string }{
		{
			"DEV-005", "Find out where the devices are that were removed without a wipe", d.page(exchange, phones),
			"Get hold of them and erase them by hand. One that connects again can be wiped, before it is removed again.",
		},
		{
			"DEV-006", "Have the files on personal computers deleted", d.page(entra, "Devices > All devices > (the device)"),
			"No wipe reaches them: ask the leaver, and attest the answer (attestations.yaml).",
		},
		{
			"DEV-007", "Disable the BlackBerry in the BlackBerry service", d.page(exchange, phones),
			"Only the BlackBerry service can: do it there, and attest it (attestations.yaml).",
		},
	} {
		rules := d.open(to.rule)
		if len(rules) == 0 {
			continue
		}
		var names []string
		for _, f := range d.findings(to.rule) {
			names = append(names, named(f))
		}
		slices.Sort(names)
		step := d.step(AccountFor, to.title, rules, to.page).note(to.note)
		if len(names) > 0 {
			step.note("Devices: " + strings.Join(names, ", ") + ".")
		}
	}
}

// mailboxSwitches are for a mailbox that nobody takes over.
func (d *draft) mailboxSwitches() {
	if rules := d.open("EML-002"); len(rules) > 0 {
		d.step(DisableMailbox, "Disable the mailbox's account in Exchange", rules, d.page(exchange, mailbox)).
			do("the mailbox", in(ExchangeOnline, "Set-Mailbox").id("-Identity", d.id()).with("-AccountDisabled $true").rehearse())
	}
	rules := d.open("EML-003")
	if len(rules) == 0 {
		return
	}
	step := d.step(Hide, "Hide the mailbox from address lists", rules, d.page(exchange, mailbox+" > General > Hide from global address list"))
	if synced, _ := d.synced(); synced {
		step.do("the account in Active Directory", d.inActiveDirectory(
			in(ActiveDirectory, "Set-ADUser -Identity $user").with("-Replace @{ msExchHideFromAddressLists = $true }").rehearse())...)
		return
	}
	step.do("the mailbox", in(ExchangeOnline, "Set-Mailbox").id("-Identity", d.id()).with("-HiddenFromAddressListsEnabled $true").rehearse())
}
