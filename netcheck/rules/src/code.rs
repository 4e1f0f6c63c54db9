//! What can be found: names, to which the catalogues have the words.

names! {
    /// What was found in a step.
    Code {
        /// There was no answer.
        NoAnswer = "no_answer",
        /// There was no answer in time.
        Silent = "silent",
        /// Somebody else answered in our place.
        Foreign = "foreign",
        /// Somebody else answered in our place, and sent us elsewhere.
        ForeignTo = "foreign_to",
        /// Somebody between refused it.
        Filtered = "filtered",
        /// Somebody between gave up on our answer.
        Gateway = "gateway",
        /// Somebody holds back requests that come too fast.
        Limited = "limited",
        /// New connections are refused after some.
        Crowded = "crowded",
        /// A live connection was closed in the middle of it.
        Cut = "cut",
        /// Our server has too many tests just now.
        Busy = "busy",
        /// Our server needs its line for a room just now.
        RoomLive = "room_live",
        /// Our server makes no tests.
        SwitchedOff = "switched_off",
        /// Our server refused it.
        Refused = "refused",
        /// It was stopped, or cannot be done on this device.
        Stopped = "stopped",
        /// The page came by HTTPS on port 443.
        PageFine = "page_fine",
        /// The page came by HTTPS on another port.
        PagePort = "page_port",
        /// The page came without TLS, as the server is meant to be asked.
        PagePlain = "page_plain",
        /// The page came without TLS, and should not have.
        PageStripped = "page_stripped",
        /// The page took long.
        PageSlow = "page_slow",
        /// Parts of the page did not come.
        PageMissing = "page_missing",
        /// The name was looked up quickly.
        NameFine = "name_fine",
        /// The device knew the name already.
        NameKnown = "name_known",
        /// Looking up the name took long.
        NameSlow = "name_slow",
        /// A resolver took long.
        NameSlowBy = "name_slow_by",
        /// All answers were ours.
        PortalNone = "portal_none",
        /// A page stands in the place of our answers.
        PortalFound = "portal_found",
        /// A page stands in the place of live connections alone.
        PortalLive = "portal_live",
        /// A page arrives as it was written.
        DocumentSame = "document_same",
        /// A page was changed on the way.
        DocumentChanged = "document_changed",
        /// Scripts were put into a page on the way.
        DocumentScripts = "document_scripts",
        /// Cookies come and go.
        CookiesFine = "cookies_fine",
        /// Cookies are taken out on the way.
        CookiesStripped = "cookies_stripped",
        /// Nobody between had a hand in it.
        ProtocolFine = "protocol_fine",
        /// The server's own proxy says whom requests are from.
        ProtocolOwnProxy = "protocol_own_proxy",
        /// A proxy passes requests on.
        ProtocolProxy = "protocol_proxy",
        /// Somebody between opens what TLS had closed.
        ProtocolInspected = "protocol_inspected",
        /// Somebody between speaks HTTP/1.0.
        ProtocolOld = "protocol_old",
        /// Somebody between closes the connection after each answer.
        ProtocolCloses = "protocol_closes",
        /// What the certificate has to be.
        CertificateCompare = "certificate_compare",
        /// The certificate is hardly the server's.
        CertificateDoubtful = "certificate_doubtful",
        /// There is no certificate that the server knows.
        CertificateUnknown = "certificate_unknown",
        /// A live connection was opened.
        WebSocketFine = "websocket_fine",
        /// A live connection was opened, slowly.
        WebSocketSlow = "websocket_slow",
        /// A live connection was not let through, though pages are.
        WebSocketBlocked = "websocket_blocked",
        /// The upgrade does not pass, but a way around it does.
        WebSocketAround = "websocket_around",
        /// A page to sign in on answers in place of a live connection.
        WebSocketPortal = "websocket_portal",
        /// A filter refuses live connections.
        WebSocketFiltered = "websocket_filtered",
        /// A proxy wants a name and a password for live connections.
        WebSocketSignIn = "websocket_sign_in",
        /// The upgrade was taken out of the request.
        WebSocketStripped = "websocket_stripped",
        /// A proxy could not pass the upgrade on.
        WebSocketGateway = "websocket_gateway",
        /// All messages came back.
        MessagesFine = "messages_fine",
        /// Messages were lost.
        MessagesLost = "messages_lost",
        /// Messages were changed on the way.
        MessagesChanged = "messages_changed",
        /// Messages overtook each other.
        MessagesDisorder = "messages_disorder",
        /// Long messages do not pass.
        MessagesLarge = "messages_large",
        /// Something closes the connection at a long message, and says that it is too long.
        MessagesTooBig = "messages_too_big",
        /// Long messages take long.
        MessagesSlow = "messages_slow",
        /// Binary messages do not pass.
        MessagesBinary = "messages_binary",
        /// Messages are quick.
        DelayFine = "delay_fine",
        /// Messages are slow.
        DelaySlow = "delay_slow",
        /// Messages stand still now and then.
        DelayStalls = "delay_stalls",
        /// Messages did not come back.
        DelayLost = "delay_lost",
        /// Messages came so late that they were not waited for.
        DelayLate = "delay_late",
        /// A burst came whole.
        BurstFine = "burst_fine",
        /// A burst came slowly.
        BurstSlow = "burst_slow",
        /// A burst did not come whole.
        BurstLost = "burst_lost",
        /// A burst came so slowly that it was not waited for.
        BurstLate = "burst_late",
        /// What was missed came after.
        ResumeFine = "resume_fine",
        /// Coming back took long.
        ResumeSlow = "resume_slow",
        /// What was missed did not come.
        ResumeLost = "resume_lost",
        /// Events came as they were sent.
        SseFine = "sse_fine",
        /// Events were held back.
        SseHeld = "sse_held",
        /// Events did not come.
        SseLost = "sse_lost",
        /// The answer came when it was due.
        PollFine = "poll_fine",
        /// The answer came late.
        PollLate = "poll_late",
        /// Enough for the room.
        DownloadFine = "download_fine",
        /// Hardly enough for the room.
        DownloadShort = "download_short",
        /// Not enough for the room.
        DownloadLow = "download_low",
        /// Enough for the room.
        UploadFine = "upload_fine",
        /// Hardly enough for the room.
        UploadShort = "upload_short",
        /// Not enough for the room.
        UploadLow = "upload_low",
        /// Bytes that went nowhere but through the server's own machine.
        TransferHere = "transfer_here",
        /// The clock is right.
        ClockFine = "clock_fine",
        /// The clock is wrong.
        ClockOff = "clock_off",
        /// The clock is wrong by minutes.
        ClockOffMinutes = "clock_off_minutes",
        /// The clock is wrong by hours.
        ClockOffHours = "clock_off_hours",
        /// The clock is wrong by days.
        ClockOffDays = "clock_off_days",
        /// Reached by IPv4.
        AddressV4 = "address_v4",
        /// Reached by IPv6.
        AddressV6 = "address_v6",
        /// Reached by IPv4, though the server's name has an address of IPv6 too.
        AddressV4Only = "address_v4_only",
        /// The server does not know.
        AddressUnknown = "address_unknown",
        /// It was measured on the server's own machine.
        AddressThisMachine = "address_this_machine",
        /// It was measured on the server's own machine, to which nobody else can come.
        AddressUnreachable = "address_unreachable",
        /// The browser keeps what it has to.
        StorageFine = "storage_fine",
        /// The browser keeps it until it is closed.
        StoragePrivate = "storage_private",
        /// The browser keeps nothing for pages.
        StorageNone = "storage_none",
        /// The browser takes no cookies.
        StorageNoCookies = "storage_no_cookies",
        /// The silence was borne.
        IdleSurvived = "idle_survived",
        /// Closed, later than live connections are ever silent.
        IdleClosedKept = "idle_closed_kept",
        /// Closed, sooner than live connections say something.
        IdleClosed = "idle_closed",
        /// Cut without a word, later than live connections are ever silent.
        IdleSilentKept = "idle_silent_kept",
        /// Cut without a word, sooner than live connections say something.
        IdleSilent = "idle_silent",
        /// No proxy is set.
        ProxyNone = "proxy_none",
        /// A proxy passes connections on.
        ProxyPassed = "proxy_passed",
        /// A proxy passes them on for a name and a password.
        ProxySignedIn = "proxy_signed_in",
        /// A proxy asks for a name and a password.
        ProxySignIn = "proxy_sign_in",
        /// A proxy will not pass them on.
        ProxyRefused = "proxy_refused",
        /// A proxy does not answer.
        ProxyAway = "proxy_away",
        /// A resolver knows the name.
        NameLooked = "name_looked",
        /// A resolver does not know the name.
        NameUnknown = "name_unknown",
        /// No resolver answers.
        NameSilent = "name_silent",
        /// A resolver answers with an address that leads nowhere.
        NameSinkhole = "name_sinkhole",
        /// The proxy looks up the name.
        NameByProxy = "name_by_proxy",
        /// Every address accepts.
        AddressesAll = "addresses_all",
        /// Some of them do not.
        AddressesSome = "addresses_some",
        /// Those of IPv6 do not.
        AddressesV6 = "addresses_v6",
        /// None of them does before somebody has signed in.
        AddressesPortal = "addresses_portal",
        /// None of them does.
        AddressesNone = "addresses_none",
        /// TLS was agreed on.
        TlsFine = "tls_fine",
        /// TLS was cut.
        TlsCut = "tls_cut",
        /// TLS had no answer.
        TlsSilent = "tls_silent",
        /// What answers does not speak TLS.
        TlsForeign = "tls_foreign",
        /// The certificate is the server's own.
        CertificateSame = "certificate_same",
        /// The certificate is the server's own, and not every device trusts it.
        CertificateOwn = "certificate_own",
        /// The certificate is that of a house in front of the server.
        CertificateFront = "certificate_front",
        /// The certificate is not the server's.
        CertificateReplaced = "certificate_replaced",
        /// Every device trusts the certificate.
        CertificateTrusted = "certificate_trusted",
        /// This device alone trusts the certificate.
        CertificateDevice = "certificate_device",
        /// Nobody trusts the certificate.
        CertificateUntrusted = "certificate_untrusted",
        /// The certificate is for another name.
        CertificateName = "certificate_name",
        /// The certificate is not good at this time.
        CertificateExpired = "certificate_expired",
        /// The certificate is good, but not by the wrong clock of this device.
        CertificateClock = "certificate_clock",
        /// Packets of all sizes pass.
        PacketsFine = "packets_fine",
        /// Large packets vanish.
        PacketsLost = "packets_lost",
        /// This many connections from one address are allowed.
        PhonesFine = "phones_fine",
        /// Only some of them are.
        PhonesRefused = "phones_refused",
        /// Some of them are cut.
        PhonesCut = "phones_cut",
        /// They are slow together.
        PhonesSlow = "phones_slow",
        /// Our server had no place for more.
        PhonesBusy = "phones_busy",
    }
}
