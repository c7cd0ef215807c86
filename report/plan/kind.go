package plan

import "slices"

// Kind is what a step does. Its place in Kinds is the place of the step in the plan.
type Kind string

// The kinds.
const (
	Identify         Kind = "identify"         // find the person that the roster means
	Restore          Kind = "restore"          // bring a deleted account back
	Block            Kind = "block"            // block sign-in
	ResetPassword    Kind = "resetPassword"    //
	Revoke           Kind = "revoke"           // end the sessions
	Investigate      Kind = "investigate"      // look into what was done with a session
	StopForwarding   Kind = "stopForwarding"   // end a forwarding that leads astray
	DisableRules     Kind = "disableRules"     // switch inbox rules off
	WipeMobile       Kind = "wipeMobile"       // Exchange: wipe a phone
	RetireManaged    Kind = "retireManaged"    // Intune: wipe or retire a device
	Protocols        Kind = "protocols"        // switch mail protocols off
	BlockMobile      Kind = "blockMobile"      // Exchange: block a phone
	DisableDevice    Kind = "disableDevice"    // Entra: disable a device
	AccountFor       Kind = "accountFor"       // devices that no command reaches
	DisableMailbox   Kind = "disableMailbox"   // Set-Mailbox -AccountDisabled
	Hide             Kind = "hide"             // from address lists
	FindOut          Kind = "findOut"          // what a later decision hangs on
	GiveLicence      Kind = "giveLicence"      //
	RecoverMailbox   Kind = "recoverMailbox"   // from a soft-deleted or an inactive one
	Hold             Kind = "hold"             // litigation hold
	Convert          Kind = "convert"          // to a shared mailbox
	Delegate         Kind = "delegate"         // let somebody open the shared mailbox
	Forward          Kind = "forward"          //
	RemoveRoles      Kind = "removeRoles"      //
	LeaveGroups      Kind = "leaveGroups"      // but for those that bring a licence
	AddOwner         Kind = "addOwner"         //
	RemoveOwner      Kind = "removeOwner"      //
	RotateSecrets    Kind = "rotateSecrets"    //
	RemoveConsents   Kind = "removeConsents"   // and app role assignments
	RemoveMethods    Kind = "removeMethods"    // of authentication
	RemoveDelegation Kind = "removeDelegation" // on other mailboxes
	BlockSecond      Kind = "blockSecond"      // other accounts of the person
	ReassignReports  Kind = "reassignReports"  //
	RemoveLinks      Kind = "removeLinks"      // anonymous ones
	HandOver         Kind = "handOver"         // the OneDrive
	Other            Kind = "other"            // rules that this package knows no commands for
	LeaveQueues      Kind = "leaveQueues"      // groups that serve call queues
	ReleaseNumber    Kind = "releaseNumber"    //
	RemoveLicence    Kind = "removeLicence"    // directly, or by leaving the group that brings it
	Delete           Kind = "delete"           // the account
)

// Kinds lists every kind in the order in which steps are taken.
func Kinds() []Kind {
	return []Kind{
		Identify, Restore,
		Block, ResetPassword, Revoke, Investigate, StopForwarding, DisableRules,
		// A phone hears of its wipe only while it may connect.
		WipeMobile, RetireManaged, Protocols, BlockMobile, DisableDevice, AccountFor, DisableMailbox, Hide,
		// From here on data can be lost.
		FindOut, GiveLicence, RecoverMailbox, Hold, Convert, Delegate, Forward,
		RemoveRoles, LeaveGroups, AddOwner, RemoveOwner, RotateSecrets, RemoveConsents, RemoveMethods, RemoveDelegation,
		BlockSecond, ReassignReports, RemoveLinks, HandOver, Other,
		LeaveQueues, ReleaseNumber, RemoveLicence, Delete,
	}
}

func (k Kind) rank() int { return slices.Index(Kinds(), k) }
