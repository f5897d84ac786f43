//! The program: what it prints, what it leaves behind, how it ends.

#![cfg(unix)]

#[cfg(test)]
mod program {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpStream;
    use std::process::{Child, Command, Stdio};

    fn command() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mock-salesforce"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// A running program, and the URL it says it listens on.
    struct Running {
        child: Child,
        url: String,
    }

    impl Running {
        fn start(arguments: &[&str]) -> Self {
            let mut child = command().args(arguments).spawn().unwrap();
            let mut line = String::new();
            BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
            let url = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}"));
            Self { child, url: url.trim_end().to_owned() }
        }

        /// Ends it as a service manager does; its exit code.
        fn stop(mut self) -> Option<i32> {
            let process = self.child.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
            self.child.wait().unwrap().code()
        }
    }

    impl Drop for Running {
        fn drop(&mut self) {
            let _ = self.child.kill();
        }
    }

    fn get(url: &str, path: &str) -> String {
        let address = url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn it_says_where_it_listens_and_ends_when_told_to() {
        let running = Running::start(&["--accounts", "3", "--contacts", "5"]);

        assert!(running.url.starts_with("http://127.0.0.1:"), "{}", running.url);
        let told = get(&running.url, "/_mock/state");
        assert!(told.contains("\"accounts\":3") && told.contains("\"contacts\":5"), "{told}");
        assert_eq!(running.stop(), Some(0));
    }

    #[test]
    fn an_org_in_a_file_outlives_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("org.sqlite");
        let fixture = folder.path().join("fixture.json");
        std::fs::write(&fixture, r#"{ "accounts": [{ "Name": "Nord GmbH" }] }"#).unwrap();
        let (database, fixture) = (database.to_str().unwrap(), fixture.to_str().unwrap());

        let first = Running::start(&["--database", database, "--fixture", fixture]);
        let ends = first.stop();
        let second = Running::start(&["--database", database, "--accounts", "9"]);

        assert_eq!(ends, Some(0));
        let records = get(&second.url, "/_mock/records/Account");
        assert!(records.contains("\"total\":1") && records.contains("Nord GmbH"), "{records}");
    }

    #[test]
    fn with_tls_it_says_https_and_leaves_its_authority_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");

        let running =
            Running::start(&["--tls", file.to_str().unwrap(), "--tls-host", "salesforce.test"]);

        assert!(running.url.starts_with("https://127.0.0.1:"), "{}", running.url);
        let authority = std::fs::read_to_string(&file).unwrap();
        assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"), "{authority}");
    }

    #[test]
    fn what_cannot_work_is_said_on_stderr_and_by_the_exit_code() {
        for (arguments, code, words) in [
            (&["--accounts", "many"][..], 2, "--accounts"),
            (&["--frobnicate"], 2, "--frobnicate"),
            (&["--jwt-key", "/no/such/file"], 2, "--jwt-key"),
            (&["--tls-host", "x"], 2, "--tls"),
            (&["--database", "/no/such/folder/org.sqlite"], 1, "the database cannot be opened"),
            (&["--listen", "192.0.2.1:9"], 1, "error: "),
        ] {
            let output = command().args(arguments).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
            assert!(said.contains(words) && output.stdout.is_empty(), "{arguments:?}: {said}");
        }
    }
}
