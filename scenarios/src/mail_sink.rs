//! A mail server that keeps what it is sent: SMTP on the loopback network, as much of RFC 5321 as a client needs.
//!
//! It can be down, answer otherwise than it would, or take a mail and break the connection before it says so. Mails
//! are kept as `.eml` files in the order of their arrival.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use mail_parser::{Address, Message, MessageParser, MessagePart, MimeHeaders};
use mock_kit::tls::Tls;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// A mail is taken up to this many bytes; a client that sends more is cut off.
const LONGEST_MAIL: usize = 16 * 1024 * 1024;

/// How clients have to come.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The certificates shown to those who ask for encryption; without, it is not offered.
    pub tls: Option<Tls>,
    /// Whether connections are encrypted from the first byte on.
    pub implicit: bool,
    /// Who may send, if not everybody.
    pub login: Option<(String, String)>,
}

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Who the envelope says it is for.
    pub to: Vec<String>,
    /// Where it is kept.
    pub file: PathBuf,
    /// Whether it came over an encrypted connection.
    pub encrypted: bool,
    /// Who had signed in.
    pub login: Option<String>,
}

/// A mail that was taken, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    /// The header fields by their names, as they read once decoded where that is meant for people.
    pub headers: BTreeMap<String, String>,
    /// The names and addresses it says it is to.
    pub to: Vec<(String, String)>,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// Its HTML.
    pub html: String,
    /// Its attachments by their names.
    pub attachments: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct State {
    taken: Vec<Taken>,
    commands: Vec<String>,
    is_down: bool,
    drops_after_data: usize,
    /// Answers to commands that begin so, each given once.
    next: VecDeque<(String, String)>,
    /// Answers to recipients, given every time.
    recipients: BTreeMap<String, String>,
    /// Those of them that were given so far.
    refused: BTreeSet<String>,
}

/// A mail server on a free port of this machine. It ends when it is dropped.
#[derive(Debug)]
pub struct MailSink {
    port: u16,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

/// The mails of a mail server, as they come in.
#[derive(Debug, Clone)]
pub struct Mails(Arc<Mutex<State>>);

impl Mails {
    /// Those that were taken so far, the first first.
    pub fn taken(&self) -> Vec<Taken> {
        lock(&self.0).taken.clone()
    }
}

impl Drop for MailSink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl MailSink {
    /// Starts one that keeps mails in `folder`.
    pub async fn start(options: Options, folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let state = Arc::<Mutex<State>>::default();
        let session = Session {
            options,
            folder: folder.to_owned(),
            state: Arc::clone(&state),
            encrypted: false,
            login: None,
        };
        let task = tokio::spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                while sessions.try_join_next().is_some() {}
                if lock(&session.state).is_down {
                    continue;
                }
                sessions.spawn(session.clone().serve(stream));
            }
        });
        Ok(Self { port, state, task })
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Breaks every connection, or none any more.
    pub fn be_down(&self, down: bool) {
        lock(&self.state).is_down = down;
    }

    /// Takes the next mail and breaks the connection before it says so.
    pub fn drop_after_next_mail(&self) {
        lock(&self.state).drops_after_data += 1;
    }

    /// Answers the next command that begins so with this reply.
    pub fn answer_next(&self, command: &str, reply: &str) {
        lock(&self.state).next.push_back((command.to_owned(), reply.to_owned()));
    }

    /// Answers to this recipient with this reply, every time.
    pub fn answer_recipient(&self, address: &str, reply: &str) {
        lock(&self.state).recipients.insert(address.to_lowercase(), reply.to_owned());
    }

    /// Answers and broken connections that were asked for and have not come to pass, in words.
    pub fn outstanding(&self) -> Vec<String> {
        let state = lock(&self.state);
        let next = state.next.iter().map(|(command, reply)| format!("{reply:?} to {command}"));
        let unused = state.recipients.keys().filter(|address| !state.refused.contains(*address));
        let unused = unused.map(|address| format!("the answer to the recipient {address:?}"));
        let drops = (state.drops_after_data > 0).then(|| "a broken connection".to_owned());
        next.chain(unused).chain(drops).collect()
    }

    /// The mails that were taken, the first first.
    pub fn taken(&self) -> Vec<Taken> {
        self.mails().taken()
    }

    /// Its mails, for whoever looks at them while it goes on.
    pub fn mails(&self) -> Mails {
        Mails(Arc::clone(&self.state))
    }

    /// The commands it received, without what they say of secrets.
    pub fn commands(&self) -> Vec<String> {
        lock(&self.state).commands.clone()
    }
}

impl Taken {
    /// Reads the mail.
    pub fn read(&self) -> io::Result<Read> {
        let raw = std::fs::read(&self.file)?;
        let message = MessageParser::default().parse(&raw);
        Ok(message.map(|message| read(&message)).unwrap_or_default())
    }
}

fn read(message: &Message<'_>) -> Read {
    let text = |part: Option<std::borrow::Cow<'_, str>>| part.map(Into::into).unwrap_or_default();
    let to = message.to().map(Address::iter).into_iter().flatten();
    let part_name =
        |part: &MessagePart<'_>| part.attachment_name().unwrap_or("(no name)").to_owned();
    Read {
        headers: message
            .headers_raw()
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect(),
        to: to
            .map(|one| {
                (one.name().unwrap_or_default().into(), one.address().unwrap_or_default().into())
            })
            .collect(),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: text(message.body_text(0)),
        html: text(message.body_html(0)),
        attachments: message
            .attachments()
            .map(|part| (part_name(part), part.text_contents().unwrap_or_default().to_owned()))
            .collect(),
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// How a conversation goes on.
enum Then {
    GoOn,
    Encrypt,
    End,
}

/// A conversation with one client.
#[derive(Clone)]
struct Session {
    options: Options,
    folder: PathBuf,
    state: Arc<Mutex<State>>,
    encrypted: bool,
    login: Option<String>,
}

impl Session {
    /// Serves a client. One that breaks off is none of the server's business.
    async fn serve(mut self, stream: tokio::net::TcpStream) {
        let mut stream: Box<dyn Stream> = Box::new(stream);
        let mut greets = true;
        if self.options.implicit {
            match self.encrypt(stream).await {
                Ok(encrypted) => stream = encrypted,
                Err(_) => return,
            }
        }
        loop {
            let mut wire = BufStream::new(stream);
            match self.converse(&mut wire, greets).await {
                Ok(Then::Encrypt) => {}
                _ => return,
            }
            greets = false;
            match self.encrypt(wire.into_inner()).await {
                Ok(encrypted) => stream = encrypted,
                Err(_) => return,
            }
        }
    }

    async fn encrypt(&mut self, stream: Box<dyn Stream>) -> io::Result<Box<dyn Stream>> {
        let tls = self.options.tls.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        let stream = tls.acceptor().accept(stream).await?;
        self.encrypted = true;
        Ok(Box::new(stream))
    }

    async fn converse(
        &mut self,
        wire: &mut BufStream<Box<dyn Stream>>,
        greets: bool,
    ) -> io::Result<Then> {
        if greets {
            let greeting = self.replaced("CONNECT").unwrap_or_else(|| "220 mail sink".to_owned());
            say(wire, &greeting).await?;
        }
        let mut to = Vec::new();
        loop {
            let Some(line) = hear(wire).await? else { return Ok(Then::End) };
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            lock(&self.state).commands.push(match verb.as_str() {
                "AUTH" => line.split(' ').take(2).collect::<Vec<_>>().join(" "),
                _ => line.clone(),
            });
            let reply = match self.replaced(&line) {
                Some(reply) => reply,
                None => match verb.as_str() {
                    "EHLO" => self.offers(),
                    "STARTTLS" if self.options.tls.is_some() && !self.encrypted => {
                        say(wire, "220 go ahead").await?;
                        return Ok(Then::Encrypt);
                    }
                    "AUTH" => self.sign_in(wire, &line).await?,
                    "MAIL" if self.options.login.is_some() && self.login.is_none() => {
                        "530 sign in first".to_owned()
                    }
                    "MAIL" | "RSET" => {
                        to.clear();
                        "250 fine".to_owned()
                    }
                    "RCPT" => self.recipient(&line, &mut to),
                    "DATA" if to.is_empty() => "503 for whom?".to_owned(),
                    "DATA" => match self.data(wire, std::mem::take(&mut to)).await? {
                        Then::GoOn => "250 taken".to_owned(),
                        other => return Ok(other),
                    },
                    "NOOP" => "250 fine".to_owned(),
                    "QUIT" => {
                        say(wire, "221 bye").await?;
                        return Ok(Then::End);
                    }
                    _ => "500 that is no command".to_owned(),
                },
            };
            say(wire, &reply).await?;
        }
    }

    fn replaced(&self, line: &str) -> Option<String> {
        let mut state = lock(&self.state);
        let is_meant = |(command, _): &(String, String)| line.starts_with(command.as_str());
        let place = state.next.iter().position(is_meant)?;
        state.next.remove(place).map(|(_, reply)| reply)
    }

    fn offers(&self) -> String {
        let mut lines = vec!["mail sink", "8BITMIME", "SMTPUTF8"];
        if self.options.tls.is_some() && !self.encrypted {
            lines.push("STARTTLS");
        }
        if self.options.login.is_some() {
            lines.push("AUTH PLAIN LOGIN");
        }
        let last = lines.len() - 1;
        let line = |(number, line): (usize, &&str)| {
            format!("250{}{line}", if number == last { ' ' } else { '-' })
        };
        lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\r\n")
    }

    async fn sign_in(
        &mut self,
        wire: &mut BufStream<Box<dyn Stream>>,
        line: &str,
    ) -> io::Result<String> {
        let mut words = line.split(' ').skip(1);
        let (mechanism, initial) = (words.next().unwrap_or_default(), words.next());
        let given = match (mechanism, initial) {
            ("PLAIN", Some(initial)) => initial.to_owned(),
            ("PLAIN", None) => {
                say(wire, "334 ").await?;
                hear(wire).await?.unwrap_or_default()
            }
            _ => return Ok("504 not that way".to_owned()),
        };
        let expected = self
            .options
            .login
            .as_ref()
            .map(|(user, password)| BASE64_STANDARD.encode(format!("\0{user}\0{password}")));
        if expected.as_ref() != Some(&given) {
            return Ok("535 5.7.8 the password is wrong".to_owned());
        }
        self.login = self.options.login.as_ref().map(|(user, _)| user.clone());
        Ok("235 welcome".to_owned())
    }

    fn recipient(&self, line: &str, to: &mut Vec<String>) -> String {
        let address = line.split(['<', '>']).nth(1).unwrap_or_default().to_lowercase();
        let mut state = lock(&self.state);
        if let Some(reply) = state.recipients.get(&address).cloned() {
            state.refused.insert(address);
            return reply;
        }
        drop(state);
        to.push(address);
        "250 fine".to_owned()
    }

    async fn data(
        &self,
        wire: &mut BufStream<Box<dyn Stream>>,
        to: Vec<String>,
    ) -> io::Result<Then> {
        say(wire, "354 go on").await?;
        let mut raw = Vec::new();
        loop {
            let mut line = Vec::new();
            if wire.read_until(b'\n', &mut line).await? == 0 || raw.len() > LONGEST_MAIL {
                return Ok(Then::End);
            }
            if line == b".\r\n" {
                break;
            }
            raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        let mut state = lock(&self.state);
        let file = self.folder.join(format!("{:04}.eml", state.taken.len() + 1));
        std::fs::write(&file, raw)?;
        let (encrypted, login) = (self.encrypted, self.login.clone());
        state.taken.push(Taken { to, file, encrypted, login });
        if state.drops_after_data > 0 {
            state.drops_after_data -= 1;
            return Ok(Then::End);
        }
        Ok(Then::GoOn)
    }
}

async fn say(wire: &mut BufStream<Box<dyn Stream>>, reply: &str) -> io::Result<()> {
    wire.write_all(format!("{reply}\r\n").as_bytes()).await?;
    wire.flush().await
}

/// One line of the client, without its end.
async fn hear(wire: &mut BufStream<Box<dyn Stream>>) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if wire.read_until(b'\n', &mut line).await? == 0 {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()))
}
