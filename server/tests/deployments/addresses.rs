//! How a site is called: proxies pass on its name, its port and its scheme in many ways, and the
//! server knows it by all of them, with the real programs between.

use std::{
    fs,
    net::{Ipv6Addr, SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use parterre::http::{
    auth::{SESSION_COOKIE, session_hash},
    cookies::cookie_name,
};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    PROGRAM,
    client::{NAME, Site},
    data::{Data, THEN, make_owner},
    front::{make_certificate, program},
    nodes::OWNER,
    ports::free_port,
    process::Process,
};

/// One way to come in.
struct PublicAddress {
    /// Where the proxy listens.
    at: SocketAddr,
    /// What people type.
    host: String,
}

impl PublicAddress {
    fn new(host: impl Fn(u16) -> String) -> Self {
        let port = free_port();
        Self { at: SocketAddr::from(([127, 0, 0, 1], port)), host: host(port) }
    }

    /// Of a site on the usual port, whose proxy says so: where it really listens, nobody knows.
    fn usual() -> Self {
        Self::new(|_| NAME.to_owned())
    }

    fn on_its_port() -> Self {
        Self::new(|port| format!("{NAME}:{port}"))
    }

    fn of_ipv6() -> Self {
        let at = SocketAddr::from((Ipv6Addr::LOCALHOST, free_port()));
        Self { at, host: at.to_string() }
    }
}

/// A proxy with several doors. Killed when dropped.
struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has seen.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Proxy {
    fn start(mut command: Command, addresses: &[&PublicAddress]) -> Self {
        let mut proxy = Self(command.stdin(Stdio::null()).spawn().expect("the proxy was found"));
        while addresses.iter().any(|address| TcpStream::connect(address.at).is_err()) {
            let ended = proxy.0.try_wait().expect("it is our child");
            assert!(ended.is_none(), "the proxy ended with {ended:?}");
            thread::sleep(Duration::from_millis(5));
        }
        proxy
    }
}

/// A node with its own database and these settings.
struct Node {
    process: Process,
    _data: Data,
}

impl Node {
    fn start(settings: &[(&str, &str)]) -> Self {
        let data = Data::create();
        data.prepare(async |store| {
            let owner = make_owner(store).await;
            store.create_session(&session_hash(OWNER), owner.id, THEN, THEN * 2).await.expect("a session");
        });
        let own = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut process = data.start_at(PROGRAM, own, settings);
        assert!(process.next_line().starts_with("Parterre is at "));
        Self { process, _data: data }
    }

    fn at(&self) -> SocketAddr {
        self.process.address
    }
}

/// Everything that depends on how the site is called.
fn is_right(folder: &Path, address: &PublicAddress) {
    let site = Site::new(address.at, &folder.join("fullchain.pem")).named(&address.host);
    let (origin, owner) = (site.origin(), format!("{}={OWNER}", cookie_name(SESSION_COOKIE, true)));
    let made = site.send("POST", "/api/v1/events", &owner, &json!({"name": "Annual meeting"})).expect(201).json();
    let id = made["id"].as_str().expect("an id");
    let new = json!({"kind": "moderator", "name": "Mo", "hours": 1});
    let link = site.send("POST", &format!("/api/v1/events/{id}/links"), &owner, &new).expect(201).json();
    let url = link["url"].as_str().expect("an address");
    assert!(url.starts_with(&format!("{origin}/l/")), "{url} of {origin}");
    let joined = site.send("POST", "/api/v1/join", "a=b", &json!({"code": made["code"]})).expect(200);
    let cookies = joined.head.lines().filter(|line| line.starts_with("set-cookie: __host-parterre_device="));
    assert!(cookies.clone().count() == 1 && cookies.clone().all(|it| it.contains("; secure")), "{}", joined.head);
    assert!(joined.head.contains("strict-transport-security: "), "{}", joined.head);
    let event = id.parse().expect("an id");
    assert!(site.connect(event, "as=screen", "", &origin).is_ok(), "{origin}");
    for other in ["https://evil.example".to_owned(), origin.replace("https:", "http:"), format!("{origin}1")] {
        assert_eq!(site.connect(event, "as=screen", "", &other).err(), Some(403), "{other} at {origin}");
        let headers = format!("Origin: {other}\r\nCookie: a=b\r\nContent-Type: application/json\r\n");
        let refused = site.ask("POST", "/api/v1/join", &headers, "{}").expect(403).json();
        assert_eq!(refused["args"]["page"], json!(other));
        assert_eq!(refused["args"]["server"], json!(origin));
    }
}

#[test]
fn nginx_may_pass_on_the_name_in_every_usual_way() {
    let believed = Node::start(&[("PARTERRE_PROXIES", "127.0.0.1")]);
    let named = Node::start(&[("PARTERRE_PUBLIC_URL", "https://VOTE.example.org:443/")]);
    let folder = TempDir::new().expect("a temporary folder");
    make_certificate(folder.path());
    let path = folder.path().display().to_string();
    // What `$host:$server_port` is on port 443; the name as it came; the upstream's own name, which
    // nginx takes by default.
    let [with_port, as_it_came, rewritten] =
        [PublicAddress::usual(), PublicAddress::on_its_port(), PublicAddress::usual()];
    let ipv6 = PublicAddress::of_ipv6();
    let server = |address: &PublicAddress, node: &Node, lines: &str| {
        let live =
            "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;";
        format!(
            "server {{ listen {} ssl; ssl_certificate {path}/fullchain.pem; ssl_certificate_key {path}/privkey.pem; \
             location / {{ proxy_pass http://{}; {live} {lines} }} }}",
            address.at,
            node.at(),
        )
    };
    let scheme = "proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;";
    let servers = [
        server(&with_port, &believed, &format!("proxy_set_header Host $host:443; {scheme}")),
        server(&as_it_came, &believed, &format!("proxy_set_header Host $http_host; {scheme}")),
        server(&ipv6, &believed, &format!("proxy_set_header Host $http_host; {scheme}")),
        server(&rewritten, &named, ""),
    ];
    let kept = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|it| format!("{it}_temp_path {path}/{it};"));
    let main = format!(
        "daemon off; master_process off; pid {path}/pid; error_log stderr; events {{ worker_connections 512; }}\n\
         http {{ access_log off; {} {} }}\n",
        kept.join(" "),
        servers.join("\n"),
    );
    fs::write(folder.path().join("nginx.conf"), main).expect("a file");
    let mut command = Command::new(program("nginx"));
    command.arg("-p").arg(folder.path()).arg("-c").arg(folder.path().join("nginx.conf")).args(["-e", "stderr"]);
    let addresses = [&with_port, &as_it_came, &ipv6, &rewritten];
    let _proxy = Proxy::start(command, &addresses);
    addresses.into_iter().for_each(|address| is_right(folder.path(), address));
}

#[test]
fn haproxy_may_pass_on_the_name_in_every_usual_way() {
    let believed = Node::start(&[("PARTERRE_PROXIES", "127.0.0.1")]);
    let forwarded = Node::start(&[("PARTERRE_PROXIES", "127.0.0.1"), ("PARTERRE_PROXY_HEADER", "Forwarded")]);
    let named = Node::start(&[("PARTERRE_PUBLIC_URL", "https://vote.example.org.")]);
    let folder = TempDir::new().expect("a temporary folder");
    make_certificate(folder.path());
    let both = ["fullchain.pem", "privkey.pem"].map(|name| fs::read_to_string(folder.path().join(name)).expect("made"));
    fs::write(folder.path().join("site.pem"), both.concat()).expect("a file");
    let [with_port, as_it_came, by_standard, rewritten] =
        [PublicAddress::usual(), PublicAddress::on_its_port(), PublicAddress::on_its_port(), PublicAddress::usual()];
    let ipv6 = PublicAddress::of_ipv6();
    let scheme = "http-request set-header X-Forwarded-For %[src]\n  http-request set-header X-Forwarded-Proto https";
    let standard =
        "http-request set-header Forwarded for=%[src];proto=https\n  http-request set-header X-Forwarded-Proto http";
    let mut config =
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n".to_owned();
    for (name, address, node, lines) in [
        ("port", &with_port, &believed, format!("http-request set-header Host {NAME}:443\n  {scheme}")),
        ("came", &as_it_came, &believed, scheme.to_owned()),
        ("six", &ipv6, &believed, scheme.to_owned()),
        ("standard", &by_standard, &forwarded, standard.to_owned()),
        ("rewritten", &rewritten, &named, "http-request set-header Host parterre:8080".to_owned()),
    ] {
        let (at, node, pem) = (address.at, node.at(), folder.path().join("site.pem"));
        config += &format!(
            "frontend {name}\n  bind {at} ssl crt {}\n  {lines}\n  default_backend {name}\nbackend {name}\n  server a {node}\n",
            pem.display()
        );
    }
    fs::write(folder.path().join("haproxy.cfg"), config).expect("a file");
    let mut command = Command::new(program("haproxy"));
    command.arg("-f").arg(folder.path().join("haproxy.cfg"));
    let addresses = [&with_port, &as_it_came, &ipv6, &by_standard, &rewritten];
    let _proxy = Proxy::start(command, &addresses);
    addresses.into_iter().for_each(|address| is_right(folder.path(), address));
}
