//! Messages behind their lengths, read and written by hand.

/// The messages of a file.
pub(crate) fn messages(mut file: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    while let Some((length, rest)) = file.split_first_chunk::<2>() {
        let (message, rest) = rest.split_at(usize::from(u16::from_be_bytes(*length)));
        messages.push(message);
        file = rest;
    }
    assert!(file.is_empty(), "half a length");
    messages
}

/// A file of messages.
pub(crate) fn framed<M: AsRef<[u8]>>(messages: &[M]) -> Vec<u8> {
    let mut file = Vec::new();
    for message in messages {
        let message = message.as_ref();
        file.extend(u16::try_from(message.len()).unwrap().to_be_bytes());
        file.extend(message);
    }
    file
}

/// A message of `kind` about `locate` with a body behind the eleven bytes all kinds have.
pub(crate) fn message(kind: u8, locate: u16, time_ns: u64, body: &[&[u8]]) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend(locate.to_be_bytes());
    message.extend([0, 0]);
    message.extend(&time_ns.to_be_bytes()[2..]);
    message.extend(body.concat());
    message
}

/// A system event.
pub(crate) fn event(code: u8, time_ns: u64) -> Vec<u8> {
    message(b'S', 0, time_ns, &[&[code]])
}

/// A trading action.
pub(crate) fn trading(locate: u16, time_ns: u64, symbol: &[u8; 8], state: u8) -> Vec<u8> {
    message(b'H', locate, time_ns, &[symbol, &[state, b' '], b"    "])
}

/// An entry of the directory.
pub(crate) fn directory(locate: u16, time_ns: u64, symbol: &[u8; 8]) -> Vec<u8> {
    let lot = 100u32.to_be_bytes();
    message(b'R', locate, time_ns, &[symbol, b"QN", &lot, b"NCZ PNN1N", &[0; 4], b"N"])
}

/// An order that is added.
pub(crate) fn add(
    (locate, symbol): (u16, &[u8; 8]),
    time_ns: u64,
    order_ref: u64,
    side: u8,
    (qty, price): (u32, u32),
) -> Vec<u8> {
    let (order_ref, qty, price) = (order_ref.to_be_bytes(), qty.to_be_bytes(), price.to_be_bytes());
    message(b'A', locate, time_ns, &[&order_ref, &[side], &qty, symbol, &price])
}

/// An execution of an order at its price.
pub(crate) fn executed(
    locate: u16,
    time_ns: u64,
    order_ref: u64,
    qty: u32,
    number: u64,
) -> Vec<u8> {
    let (order_ref, qty, number) =
        (order_ref.to_be_bytes(), qty.to_be_bytes(), number.to_be_bytes());
    message(b'E', locate, time_ns, &[&order_ref, &qty, &number])
}

/// An order that is taken off.
pub(crate) fn deleted(locate: u16, time_ns: u64, order_ref: u64) -> Vec<u8> {
    message(b'D', locate, time_ns, &[&order_ref.to_be_bytes()])
}
