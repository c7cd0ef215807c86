package authz

default allow := false

allow if {
	input.path == ["users"]
	input.method == "POST"
}

allow if data.roles[input.user] == "admin"

fresh if time.now_ns() > 100

remote := http.send({"method": "get", "url": "http://127.0.0.1:1/"}).body
