//! TLS as this device sees it: what is agreed on, which certificates are shown, and who trusts
//! them.

mod certificate;
mod verifier;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use netcheck_rules::{Tls, Trouble, Trust};
use rustls::{
    CertificateError, ClientConfig, Error, RootCertStore, SupportedProtocolVersion,
    client::{Resumption, WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime},
    version::{TLS12, TLS13},
};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use self::{
    certificate::{fingerprint, names, period},
    verifier::{PinnedVerifier, RecordingVerifier},
};
use crate::{
    clock,
    stream::{BoxStream, OPEN_TIMEOUT, trouble_of},
};

/// Whom this device trusts, and whom all browsers do.
#[derive(Debug)]
pub(crate) struct Trusted {
    provider: Arc<CryptoProvider>,
    public: Arc<WebPkiServerVerifier>,
    device: Option<Arc<WebPkiServerVerifier>>,
}

/// What a look at a connection showed.
pub(crate) struct SeenCertificates {
    pub(crate) tls: Tls,
    /// How later connections are made: to any peer with this certificate, trusted or not, or with
    /// another that is trusted. Nothing secret is sent over them.
    pub(crate) config: Arc<ClientConfig>,
    /// The HTTP that was agreed on.
    pub(crate) protocol: String,
}

impl Trusted {
    pub(crate) fn load() -> anyhow::Result<Self> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = |certificates: Vec<CertificateDer<'static>>| {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(certificates);
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build()
        };
        let public = verifier(webpki_root_certs::TLS_SERVER_ROOT_CERTS.to_vec())?;
        // A device may have none of its own.
        let device = verifier(rustls_native_certs::load_native_certs().certs).ok();
        Ok(Self { provider, public, device })
    }

    /// Looks at who answers: `connect` makes the connection below TLS, once for each version.
    pub(crate) async fn look<F>(&self, host: &str, connect: impl Fn() -> F) -> Result<SeenCertificates, Trouble>
    where
        F: Future<Output = Result<BoxStream, Trouble>>,
    {
        let name = server_name(host).ok_or(Trouble::NoAnswer)?;
        let seen = RecordingVerifier::new(&self.provider);
        let shake = async |versions: &[&'static SupportedProtocolVersion]| {
            shake(self.recording(&seen, versions), &name, connect().await?).await
        };
        let (took, protocol) = shake(&[&TLS13, &TLS12]).await?;
        let chain = seen.chain();
        let mut versions = Vec::new();
        for (text, version) in [("1.3", &TLS13), ("1.2", &TLS12)] {
            if shake(&[version]).await.is_ok() {
                versions.push(text.to_owned());
            }
        }
        let leaf = chain.first().ok_or(Trouble::NoAnswer)?;
        let tls = Tls { ms: took.as_secs_f64() * 1000.0, versions, ..self.described(&chain, leaf, &name) };
        let protocol = protocol.unwrap_or_else(|| "http/1.1".to_owned());
        Ok(SeenCertificates { tls, config: self.pinned(leaf), protocol })
    }

    /// How to connect for a look.
    fn recording(
        &self,
        seen: &Arc<RecordingVerifier>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Arc<ClientConfig> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider));
        let builder = builder.with_protocol_versions(versions).expect("aws-lc-rs has suites for both versions");
        let verifier = Arc::clone(seen) as Arc<dyn ServerCertVerifier>;
        let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        // A resumed session shows no certificate.
        config.resumption = Resumption::disabled();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(config)
    }

    /// How to connect to a peer with this certificate, or with one that all browsers trust.
    fn pinned(&self, leaf: &CertificateDer<'static>) -> Arc<ClientConfig> {
        let (leaf, provider, public) = (leaf.clone(), Arc::clone(&self.provider), Arc::clone(&self.public));
        let known = Arc::new(PinnedVerifier { leaf, provider, public });
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider));
        let builder = builder.with_safe_default_protocol_versions().expect("aws-lc-rs has suites for all versions");
        let mut config = builder.dangerous().with_custom_certificate_verifier(known).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(config)
    }

    /// The findings about the certificates that were shown, without how yet.
    fn described(
        &self,
        chain: &[CertificateDer<'static>],
        leaf: &CertificateDer<'static>,
        name: &ServerName<'_>,
    ) -> Tls {
        let (now, period) = (clock::now_ms(), period(leaf));
        let trust = self.judge(chain, name, UnixTime::now());
        let middle = period.filter(|_| trust == Trust::Expired).map(|(from, until)| (from + until) / 2.0);
        let within = middle.map(|ms| UnixTime::since_unix_epoch(Duration::from_millis(ms.max(0.0) as u64)));
        Tls {
            ms: 0.0,
            versions: Vec::new(),
            sha256: fingerprint(leaf),
            issuer: names(leaf).map(|(_, issuer)| issuer).unwrap_or_default(),
            chain: chain.iter().take(8).filter_map(names).map(|(subject, _)| subject).collect(),
            trust,
            good: period.map(|(from, until)| (from - now, until - now)),
            trust_in_time: within.map(|within| self.judge(chain, name, within)),
        }
    }

    fn judge(&self, chain: &[CertificateDer<'static>], name: &ServerName<'_>, at: UnixTime) -> Trust {
        let Some((leaf, between)) = chain.split_first() else { return Trust::Nobody };
        let by = |verifier: &WebPkiServerVerifier| verifier.verify_server_cert(leaf, between, name, &[], at).err();
        let Some(why) = by(&self.public) else { return Trust::Public };
        match self.device.as_ref().map_or(Some(why), |device| by(device)) {
            None => Trust::Device,
            Some(Error::InvalidCertificate(
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. },
            )) => Trust::Expired,
            Some(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Trust::Name,
            Some(_) => Trust::Nobody,
        }
    }
}

/// The name that TLS begins with.
pub(crate) fn server_name(host: &str) -> Option<ServerName<'static>> {
    ServerName::try_from(host.to_owned()).ok()
}

/// Agrees on TLS over this stream; gives how long that took, and the HTTP that was agreed on.
async fn shake(
    config: Arc<ClientConfig>,
    name: &ServerName<'static>,
    stream: BoxStream,
) -> Result<(Duration, Option<String>), Trouble> {
    let began = Instant::now();
    let handshake = TlsConnector::from(config).connect(name.clone(), stream);
    let stream = timeout(OPEN_TIMEOUT, handshake).await.map_err(|_| Trouble::Silent)?.map_err(|e| trouble_of(&e))?;
    let protocol = stream.get_ref().1.alpn_protocol().map(|it| String::from_utf8_lossy(it).into_owned());
    Ok((began.elapsed(), protocol))
}
