package simtenant

import (
	"fmt"
	"net/http"
)

// cmdletError is how a cmdlet fails.
type cmdletError struct {
	status                   int
	code, exception, message string
	quiet                    bool // nothing that a client could have known
}

func (e *cmdletError) Error() string { return e.message }

func badCmdlet(format string, args ...any) *cmdletError {
	return &cmdletError{status: http.StatusBadRequest, code: "BadRequest", exception: "System.ArgumentException", message: fmt.Sprintf(format, args...)}
}

// unrecognised is the answer to a cmdlet that the caller's roles do not include: for Exchange it does not exist.
func (c *cmdletCall) unrecognised() *cmdletError {
	return &cmdletError{
		status: http.StatusBadRequest, code: "BadRequest", exception: "System.Management.Automation.CommandNotFoundException", quiet: true,
		message: "The term '" + c.name + "' is not recognized as a name of a cmdlet, function, script file, or executable program.\r\n" +
			"Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
	}
}

func (c *cmdletCall) noObject(identity string) *cmdletError {
	return &cmdletError{
		status: http.StatusNotFound, code: "NotFound", quiet: true,
		exception: "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException",
		message:   "The operation couldn't be performed because object '" + identity + "' couldn't be found on 'AM0SIM01A001DC01.SIMPRD01.PROD.OUTLOOK.COM'.",
	}
}

func (c *cmdletCall) noParameter(name string) *cmdletError {
	return &cmdletError{
		status: http.StatusBadRequest, code: "BadRequest", exception: "System.Management.Automation.ParameterBindingException",
		message: "A parameter cannot be found that matches parameter name '" + name + "'.",
	}
}

func (c *cmdletCall) missing(name string) *cmdletError {
	return &cmdletError{
		status: http.StatusBadRequest, code: "BadRequest", exception: "System.Management.Automation.ParameterBindingException",
		message: "Cannot process command because of one or more missing mandatory parameters: " + name + ".",
	}
}

func (c *cmdletCall) transformation(name string) *cmdletError {
	return &cmdletError{
		status: http.StatusBadRequest, code: "BadRequest", exception: "System.Management.Automation.ParameterBindingArgumentTransformationException",
		message: "Cannot process argument transformation on parameter '" + name + "'.",
	}
}

// failure is an error body: the detail packs code, exception and text into one string.
func (c *cmdletCall) failure(status int, code, exception, message string) answer {
	inner := map[string]any{"message": message, "type": exception, "stacktrace": ""}
	body := map[string]any{"code": code, "message": message, "innererror": inner}
	if exception != "" {
		body["message"] = "Error executing cmdlet " + c.name
		if status == http.StatusNotFound || exception == "System.Management.Automation.CommandNotFoundException" {
			body["message"] = "|" + exception + "|" + message
		}
		body["details"] = []any{map[string]any{"code": "Context", "target": "", "message": "Ex6F9304|" + exception + "|" + message}}
	}
	return answer{status: status, body: map[string]any{"error": body}}
}
