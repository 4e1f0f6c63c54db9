//! When a connection has a request: from when that is there as a whole until it is answered.
//! Meanwhile its connection is not one of those that are closed where there are too many
//! ([`crate::acceptor::idle`]).

use std::{
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    Error, HttpMessage as _,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Bytes,
};
use futures_util::Stream;

use crate::acceptor::idle::Connection;

/// A request that is under way on a connection.
#[derive(Debug)]
struct Request(Option<Rc<Connection>>);

impl Drop for Request {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            connection.idle();
        }
    }
}

/// An answer's body, which is part of the request where it is made while it is sent: nobody knows
/// when more of it comes. Of one that is there as a whole only its reader decides how long it
/// takes.
#[derive(Debug)]
pub struct Body {
    body: BoxBody,
    _made_for: Option<Request>,
}

impl MessageBody for Body {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(cx)
    }
}

/// A request's body, which is waited for as long as its sender likes.
struct Arriving {
    payload: Payload,
    connection: Rc<Connection>,
}

impl Stream for Arriving {
    type Item = <Payload as Stream>::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { payload, connection } = self.get_mut();
        let next = Pin::new(payload).poll_next(cx);
        match &next {
            Poll::Ready(Some(Ok(_))) => connection.idle(),
            Poll::Ready(_) => connection.busy(),
            Poll::Pending => {}
        }
        next
    }
}

/// Handles a request. From when it is there as a whole until it is answered its connection is not
/// idle.
pub async fn under_way(mut request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<Body>, Error> {
    let connection = request.request().conn_data::<Rc<Connection>>().cloned();
    if let Some(connection) = &connection {
        match request.take_payload() {
            Payload::None => connection.busy(),
            payload => {
                connection.idle();
                let arriving = Arriving { payload, connection: Rc::clone(connection) };
                request.set_payload(Payload::Stream { payload: Box::pin(arriving) });
            }
        }
    }
    let under_way = Request(connection);
    let answer = next.call(request).await?;
    Ok(answer.map_body(|_, body| {
        let made_for = matches!(body.size(), BodySize::Stream).then_some(under_way);
        Body { body, _made_for: made_for }
    }))
}
