//! One order: the names are shown to be ours, and the authority gives a certificate for them.

use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, CertificateIdentifier, ChallengeType, Error, Identifier, NewOrder, Order,
    OrderStatus, RetryPolicy,
};
use rustls::pki_types::ServerName;

use super::AcmeError;
use crate::tls::challenge::Challenges;

/// How long the authority may take to look, and then to sign.
const ORDER_RETRY: RetryPolicy = RetryPolicy::new().timeout(Duration::from_mins(2));

/// What is ordered.
pub(super) struct CertificateOrder<'a> {
    /// For what.
    pub(super) names: &'a [ServerName<'static>],
    /// Of which kind.
    pub(super) profile: Option<&'a str>,
    /// In place of which.
    pub(super) replaces: Option<CertificateIdentifier<'static>>,
}

/// A certificate with those between it and its authority, and its key: both in PEM.
pub(super) struct Given {
    /// The certificates.
    pub(super) chain: String,
    /// The key, which is a new one each time.
    pub(super) key: String,
}

/// Orders, shows what the authority looks for until it has looked, and takes what it gives.
pub(super) async fn order(
    account: &Account,
    wanted: CertificateOrder<'_>,
    challenges: &Challenges,
) -> Result<Given, AcmeError> {
    let mut order = place(account, &wanted).await?;
    let ready = prove(&mut order, wanted.names, challenges).await;
    challenges.clear();
    ready?;
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&ORDER_RETRY).await?;
    Ok(Given { chain, key })
}

async fn place(account: &Account, wanted: &CertificateOrder<'_>) -> Result<Order, Error> {
    let identifiers: Vec<Identifier> = wanted.names.iter().map(identifier).collect();
    let order = || match wanted.profile {
        Some(profile) => NewOrder::new(&identifiers).profile(profile),
        None => NewOrder::new(&identifiers),
    };
    if let Some(replaced) = wanted.replaces.clone() {
        match account.new_order(&order().replaces(replaced)).await {
            Ok(placed) => return Ok(placed),
            // Another order may have replaced it, whose certificate never came here, and there are
            // authorities that suggest a time and know nothing of replacing.
            Err(error) => tracing::debug!(%error, "the authority does not accept it as a replacement"),
        }
    }
    account.new_order(&order()).await
}

/// Has the authority look at every name that it does not know to be ours.
async fn prove(order: &mut Order, names: &[ServerName<'static>], challenges: &Challenges) -> Result<(), AcmeError> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let said = authorization.identifier().to_string();
        let name = names.iter().find(|name| name.to_str() == said);
        let name = name.ok_or_else(|| AcmeError::Refused(format!("it asks for {said}, which was not ordered")))?;
        let challenge = authorization.challenge(ChallengeType::TlsAlpn01);
        let mut challenge = challenge.ok_or_else(|| AcmeError::NoChallenge(said))?;
        challenges.show(name, challenge.key_authorization().digest().as_ref())?;
        challenge.set_ready().await?;
    }
    match order.poll_ready(&ORDER_RETRY).await {
        Ok(OrderStatus::Ready | OrderStatus::Valid) => Ok(()),
        ended => Err(match refusal(order).await {
            Some(why) => AcmeError::Refused(why),
            None => ended.map_or_else(AcmeError::from, |status| AcmeError::Refused(format!("the order is {status:?}"))),
        }),
    }
}

/// What the authority says it found where it looked.
async fn refusal(order: &mut Order) -> Option<String> {
    let mut found = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization.ok()?;
        let name = authorization.identifier().to_string();
        let state = authorization.refresh().await.ok()?;
        let errors = state.challenges.iter().filter_map(|challenge| challenge.error.as_ref());
        found.extend(errors.map(|error| format!("{name}: {error}")));
    }
    (!found.is_empty()).then(|| found.join("; "))
}

fn identifier(name: &ServerName<'static>) -> Identifier {
    match name {
        ServerName::IpAddress(address) => Identifier::Ip((*address).into()),
        name => Identifier::Dns(name.to_str().into_owned()),
    }
}
