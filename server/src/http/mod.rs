//! HTTP: routes, pages, the API and the door of the live connection.

pub mod account;
pub mod api;
pub mod assets;
pub mod auth;
mod codes;
mod content_type;
pub mod cookies;
pub mod encoding;
pub mod errors;
pub mod export;
pub mod facilitator_pages;
pub mod forms;
pub mod health;
mod join_modules;
pub mod kinds;
pub mod language;
pub mod links;
pub mod live;
pub mod members;
pub mod middleware;
pub mod netcheck;
pub mod nonce;
mod on_disk;
pub mod origin;
pub mod pages;
pub mod participants;
pub mod paths;
pub mod programs;
pub mod qr;
pub mod question_pages;
pub mod questions;
pub mod recognise;
pub mod reply;
pub mod results;
pub mod room_tests;
pub mod screens;
pub mod searching;
pub mod sessions;
mod shorten;
pub mod signin;
mod strip_comments;
pub mod turns;
mod under_way;
mod unsent;
mod upload;
mod words;

use actix_web::{
    FromRequest, Handler, HttpResponse, Responder, Route, guard as when,
    http::{Method, header::HeaderValue},
    web::{self, ServiceConfig},
};

use self::api::{
    activities, archive, clearing, events, export as export_api, export_results, join, links as link_api, moderation,
    questions as question_api, readings, results as round_results, shared_results,
};
pub use self::middleware::{finish, readable, same_origin, time_limit};
pub use self::under_way::under_way;
use crate::config::Config;

/// Every address of the server.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.configure(words::configure);
    cfg.configure(assets::configure);
    for address in addresses() {
        address.serve(cfg);
    }
    cfg.default_service(web::to(health::not_found));
}

/// Every address of the server but the assets, and what each answers.
pub fn addresses() -> Vec<Address> {
    let mut addresses = Vec::new();
    table(&mut addresses);
    addresses
}

fn table(cfg: &mut Vec<Address>) {
    at(cfg, "/", [get(participants::landing)]);
    at(cfg, "/join", [get(participants::find)]);
    at(cfg, "/e/{code}", [get(participants::phone)]);
    at(cfg, "/e/{code}/join", [get(participants::back), post(participants::join)]);
    at(cfg, "/e/{code}/respond", [post(participants::respond)]);
    at(cfg, "/e/{code}/questions", [get(questions::read), post(questions::send)]);
    at(cfg, "/e/{code}/screen", [get(screens::screen)]);
    at(cfg, "/e/{code}/qr.svg", [get(screens::join_code)]);
    at(cfg, "/e/{code}/results", [get(results::shared::on_phone)]);
    at(cfg, "/l/{token}", [get(links::open)]);
    at(cfg, "/r/{token}", [get(results::shared::by_link)]);
    at(cfg, "/moderate/{event}", [get(links::moderate)]);
    at(cfg, "/speaker/{event}", [get(links::speak)]);
    at(cfg, "/language/{code}", [get(language::choose)]);
    at(cfg, "/setup", [get(members::setup), post(members::create_owner)]);
    at(cfg, "/login", [get(members::login), post(members::sign_in)]);
    at(cfg, "/logout", [post(members::sign_out)]);
    at(cfg, "/studio", [get(members::events)]);
    at(cfg, "/sign-in-link/{token}", [get(account::open_link), post(account::use_link)]);
    at(cfg, "/studio/account", [get(account::show)]);
    at(cfg, "/studio/account/password", [post(account::change_password)]);
    at(cfg, "/studio/account/sessions", [post(account::end_sessions)]);
    at(cfg, "/studio/account/failed-attempts", [post(account::dismiss_failed_attempts)]);
    at(cfg, "/studio/events", [post(members::create_event)]);
    at(cfg, "/studio/events/import", [post(members::import_event)]);
    at(cfg, "/studio/events/{event}", [get(members::studio)]);
    at(cfg, "/studio/events/{event}/results", [get(results::page)]);
    at(cfg, "/studio/room-tests", [get(room_tests::list), post(room_tests::create)]);
    at(cfg, "/studio/room-tests/{event}", [get(room_tests::board)]);
    at(cfg, "/.well-known/security.txt", [get(health::security)]);
    at(cfg, "/healthz", [get(health::healthy)]);
    at(cfg, "/readyz", [get(health::ready)]);
    at(cfg, "/metrics", [get(health::metrics)]);
    at(cfg, "/api/v1/join", [post(join::join)]);
    at(cfg, live::PATH, [get(join::upgrade_required), post(live::stream::command)]);
    at(cfg, &format!("{}/sse", live::PATH), [get(live::stream::sse)]);
    at(cfg, &format!("{}/poll", live::PATH), [get(live::stream::poll)]);
    at(cfg, "/api/v1/events", [get(events::list), post(events::create)]);
    at(cfg, "/api/v1/events/import", [post(archive::import)]);
    at(cfg, "/netcheck", [get(netcheck::pages::test)]);
    at(cfg, "/netcheck/requirements", [get(netcheck::pages::requirements)]);
    at(cfg, "/netcheck/token", [get(netcheck::pages::token)]);
    at(cfg, "/netcheck/reports/{id}", [get(netcheck::pages::report)]);
    let tests = "/api/v1/netcheck";
    at(cfg, &format!("{tests}/plan"), [get(netcheck::plan)]);
    at(cfg, &format!("{tests}/seen"), [get(netcheck::seen)]);
    at(cfg, &format!("{tests}/document"), [get(netcheck::looks::document)]);
    at(cfg, &format!("{tests}/cookies"), [get(netcheck::looks::cookies)]);
    at(cfg, &format!("{tests}/judge"), [post(netcheck::judge)]);
    at(cfg, &format!("{tests}/sse"), [get(netcheck::waits::sse)]);
    at(cfg, &format!("{tests}/poll"), [get(netcheck::waits::poll)]);
    at(cfg, &format!("{tests}/download"), [get(netcheck::transfer::download)]);
    at(cfg, &format!("{tests}/upload"), [post(netcheck::transfer::upload)]);
    at(cfg, &format!("{tests}/reports"), [post(netcheck::reports::create)]);
    at(cfg, &format!("{tests}/reports/{{id}}"), [get(netcheck::reports::show)]);
    at(cfg, &format!("{tests}/reports/{{id}}/signature"), [get(netcheck::reports::signature)]);
    at(cfg, &format!("{tests}/token"), [post(netcheck::token::create)]);
    at(cfg, &format!("{tests}/key"), [get(netcheck::reports::key)]);
    at(cfg, netcheck::channel::PATH, [get(netcheck::upgrade_required)]);
    let event = "/api/v1/events/{event}";
    at(cfg, event, [get(events::show), patch(events::change), delete(events::remove)]);
    at(cfg, &format!("{event}/restore"), [post(events::restore)]);
    at(cfg, &format!("{event}/duplicate"), [post(events::duplicate)]);
    at(cfg, &format!("{event}/answers"), [get(clearing::count)]);
    at(cfg, &format!("{event}/clear"), [post(clearing::clear)]);
    at(cfg, &format!("{event}/order"), [put(activities::order)]);
    at(cfg, &format!("{event}/activities"), [post(activities::create)]);
    at(cfg, &format!("{event}/activities/copy"), [post(activities::copy)]);
    let activity = format!("{event}/activities/{{activity}}");
    at(cfg, &activity, [put(activities::change), delete(activities::remove)]);
    at(cfg, &format!("{activity}/restore"), [post(activities::restore)]);
    at(cfg, &format!("{activity}/duplicate"), [post(activities::duplicate)]);
    at(cfg, &format!("{activity}/results"), [get(round_results::show)]);
    at(cfg, &format!("{event}/results"), [get(round_results::list)]);
    at(cfg, &format!("{event}/questions"), [get(question_api::list)]);
    at(cfg, &format!("{event}/questions/similar"), [get(question_api::similar)]);
    at(cfg, &format!("{event}/readings"), [post(readings::create)]);
    at(cfg, &format!("{event}/moderation"), [get(moderation::list)]);
    at(cfg, &format!("{event}/ledger"), [get(moderation::ledger)]);
    at(cfg, &format!("{event}/export/results.{{ending}}"), [get(export_results::export)]);
    at(cfg, &format!("{event}/export/{{file}}"), [get(export_api::export)]);
    at(cfg, &format!("{event}/archive"), [get(archive::archive)]);
    at(cfg, &format!("{event}/shared-results"), [get(shared_results::show), patch(shared_results::change)]);
    at(cfg, &format!("{event}/links"), [get(link_api::list), post(link_api::create)]);
    at(cfg, &format!("{event}/links/{{link}}"), [delete(link_api::revoke)]);
}

/// A method and what answers it.
type MethodRoute = (Method, Route);

macro_rules! answers {
    ($($name:ident: $method:ident)*) => {$(
        fn $name<F, Args>(handler: F) -> MethodRoute
        where
            F: Handler<Args>,
            F::Output: Responder + 'static,
            Args: FromRequest + 'static,
        {
            (Method::$method, web::to(handler))
        }
    )*};
}

answers! { get: GET post: POST put: PUT patch: PATCH delete: DELETE }

/// An address and what it answers. HEAD works wherever GET does; every other method is refused with
/// the list of those that are allowed.
pub struct Address {
    path: String,
    answers: Vec<MethodRoute>,
}

impl Address {
    /// The address, with its variables in braces.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The methods that it knows.
    pub fn methods(&self) -> Vec<Method> {
        let known = self.answers.iter().map(|(method, _)| method);
        known
            .flat_map(|method| [Some(method.clone()), (method == Method::GET).then_some(Method::HEAD)])
            .flatten()
            .collect()
    }

    fn serve(self, cfg: &mut ServiceConfig) {
        let allowed = self.methods().iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let allowed = HeaderValue::from_str(&allowed).expect("methods are fit for a header");
        let mut resource = web::resource(self.path);
        for (method, route) in self.answers {
            let mut methods = when::Any(when::Method(method.clone()));
            if method == Method::GET {
                methods = methods.or(when::Head());
            }
            resource = resource.route(route.guard(methods));
        }
        let refuse = move || std::future::ready(Err::<HttpResponse, _>(errors::Failure::method(&allowed)));
        cfg.service(resource.default_service(web::to(refuse)));
    }
}

fn at<const N: usize>(cfg: &mut Vec<Address>, path: &str, answers: [MethodRoute; N]) {
    cfg.push(Address { path: path.to_owned(), answers: answers.into() });
}

/// The limits of request bodies, and the errors for larger ones.
pub fn limits(config: &Config) -> impl FnOnce(&mut ServiceConfig) + use<> {
    let bytes = config.limits.body_bytes.get();
    move |cfg| {
        cfg.app_data(web::PayloadConfig::new(bytes));
        cfg.app_data(
            web::JsonConfig::default().limit(bytes).error_handler(|error, _| forms::unreadable_json(&error).into()),
        );
        cfg.app_data(web::PathConfig::default().error_handler(|_, _| errors::Failure::not_found().into()));
        cfg.app_data(web::QueryConfig::default().error_handler(|error, _| forms::unreadable_query(&error).into()));
    }
}
