package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"leavercheck/collector/simtenant"
)

// What goes wrong on the way to the tenant is told without the secrets that were used on it.
func TestNoSecretIsInAnError(t *testing.T) {
	t.Parallel()
	tenant := newTenant(t, simtenant.Options{})
	server, err := tenant.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dir := t.TempDir()
	ca, people := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "roster.csv")
	for path, data := range map[string][]byte{ca: server.CA, people: tenant.Roster()} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const password, wrong = "canary-of-the-proxy", "canary-of-the-secret"
	secrets := &canaries{}
	secrets.add(password, "the proxy's password")
	secrets.add(base64.StdEncoding.EncodeToString([]byte("user:"+password)), "the proxy's password, encoded")
	secrets.add(wrong, "the client secret")
	secrets.add(server.ClientSecret, "the client secret")
	refusing := refusingProxy(t)
	for name, tc := range map[string]struct {
		secret, proxy string
		args          []string
	}{
		"a wrong secret":       {wrong, "", []string{"--login-endpoint", server.LoginURL, "--graph-endpoint", server.GraphURL}},
		"no Graph":             {server.ClientSecret, "", []string{"--login-endpoint", server.LoginURL, "--graph-endpoint", "https://127.0.0.1:1"}},
		"a proxy that refuses": {wrong, "http://user:" + password + "@" + refusing, []string{"--login-endpoint", "https://login.example"}},
		"no proxy":             {wrong, "http://user:" + password + "@127.0.0.1:1", []string{"--login-endpoint", "https://login.example"}},
		"a proxy that is none": {wrong, "gopher://user:" + password + "@127.0.0.1:1", []string{"--login-endpoint", "https://login.example"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), "out")
			args := append([]string{"collect", "--verbose", "--log-format", "json", "--roster", people, "--ca-file", ca, "--out", out}, tc.args...)
			cmd := exec.CommandContext(t.Context(), "leavercheck", args...)
			cmd.Env = append(os.Environ(), "AZURE_TENANT_ID="+server.TenantID, "AZURE_CLIENT_ID="+server.ClientID, "AZURE_CLIENT_SECRET="+tc.secret,
				"HTTPS_PROXY="+tc.proxy, "NO_PROXY=127.0.0.1")
			said, err := cmd.CombinedOutput()
			if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != codeError {
				t.Errorf("%v\n%s", err, said)
			}
			secrets.search(t, "the output", said)
			if _, err := os.Stat(out); err == nil {
				secrets.searchDir(t, out)
			}
		})
	}
}

// refusingProxy is a proxy that wants another password, and says which one it got.
func refusingProxy(t *testing.T) (address string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				req, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				fmt.Fprintf(conn, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nX-Got: %s\r\n\r\n", req.Header.Get("Proxy-Authorization"))
			}()
		}
	}()
	return listener.Addr().String()
}
