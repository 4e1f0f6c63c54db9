//! What can be asked of those who run the network: names, to which the catalogues have the words.

names! {
    /// What those who run the network can change.
    Change {
        /// Let the server be reached.
        AllowHost = "allow_host",
        /// Let WebSocket through.
        AllowWebSocket = "allow_websocket",
        /// Bear silence.
        Idle = "idle",
        /// Pass on at once what comes bit by bit.
        Buffering = "buffering",
        /// Wait longer for an answer.
        AnswerTime = "answer_time",
        /// Let a room full of people ask at once.
        RateLimit = "rate_limit",
        /// Let the room pass the page to sign in on.
        SignIn = "sign_in",
        /// Do not look into this traffic.
        Inspection = "inspection",
        /// More for the room.
        Bandwidth = "bandwidth",
        /// Quicker ways.
        Delay = "delay",
        /// Answer names faster.
        Dns = "dns",
        /// Set the device's clock.
        Clock = "clock",
        /// Let the browser keep things.
        Storage = "storage",
        /// Answer the name with its addresses.
        DnsAnswer = "dns_answer",
        /// Set the right proxy.
        Proxy = "proxy",
        /// Let the server pass the proxy without signing in.
        ProxySignIn = "proxy_sign_in",
        /// Have the server show a certificate that all trust.
        Certificate = "certificate",
        /// Let packets of full size through.
        Packets = "packets",
        /// Let IPv6 through, or refuse it at once.
        Ipv6 = "ipv6",
        /// Let cookies through.
        Cookies = "cookies",
        /// Leave pages as they are.
        Rewriting = "rewriting",
        /// Take the server out of a filter.
        WebFilter = "web_filter",
        /// Speak a newer HTTP.
        Http11 = "http_11",
    }
}
