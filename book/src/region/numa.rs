//! On which NUMA node the memory is: mbind(2), get_mempolicy(2), getcpu(2).
//!
//! A region is bound (`MPOL_BIND`), not merely asked to be near (`MPOL_PREFERRED`): what does not
//! fit on a node that is preferred goes elsewhere page by page, nobody is told, and some symbols are
//! slow for a day. So a region is on its node with all its pages, or is not bound at all and says so.

use std::fmt;
use std::fs;
use std::io;

use super::RegionError;

/// As many as any Linux can be built for, at one bit each.
const NODES_MAX: usize = 1024;
const ONLINE: &str = "/sys/devices/system/node/online";
/// That the policy of an address is asked for, not that of the thread (`linux/mempolicy.h`).
const MPOL_F_ADDR: libc::c_ulong = 1 << 1;

type NodeMask = [u64; NODES_MAX / 64];

/// A NUMA node by the number that the system gives it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NumaNode(u16);

impl NumaNode {
    /// The node with this number.
    #[must_use]
    pub const fn new(number: u16) -> NumaNode {
        NumaNode(number)
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for NumaNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {}", self.0)
    }
}

/// On which NUMA node the memory shall be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Placement {
    /// On the node of the CPU that the creating thread runs on, where the machine has several: so
    /// the thread that will write should be on its CPU by then. Where that node has too little, or
    /// the system does not allow it, anywhere, and [`Pages::node`](super::Pages::node) says so. Any
    /// pages of that node are taken before larger ones elsewhere, unless the larger are required.
    #[default]
    OwnNode,
    /// On this node, or there is an error.
    Node(NumaNode),
    /// Wherever the system takes it from.
    Anywhere,
}

/// What is to be done for a placement on this machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Binding {
    No,
    Wanted(NumaNode),
    Required(NumaNode),
}

impl Placement {
    pub(super) fn binding(self) -> Result<Binding, RegionError> {
        let online = fs::read_to_string(ONLINE).unwrap_or_default();
        self.among(online.trim(), own_node)
    }

    fn among(
        self,
        online: &str,
        own: impl Fn() -> Option<NumaNode>,
    ) -> Result<Binding, RegionError> {
        let nodes = parse(online).unwrap_or_default();
        match self {
            Placement::OwnNode if nodes.len() > 1 => Ok(own().map_or(Binding::No, Binding::Wanted)),
            Placement::Node(node) if nodes.contains(&node) => Ok(Binding::Required(node)),
            Placement::Node(node) => Err(RegionError::NoNode { node, online: online.to_owned() }),
            Placement::OwnNode | Placement::Anywhere => Ok(Binding::No),
        }
    }
}

impl Binding {
    /// What `make` makes on the node, or elsewhere if it need not be there.
    pub(super) fn apply<T, E>(
        self,
        make: impl Fn(Option<NumaNode>) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Binding::No => make(None),
            Binding::Wanted(node) => make(Some(node)).or_else(|_| make(None)),
            Binding::Required(node) => make(Some(node)),
        }
    }
}

/// The node of the CPU that this thread runs on now.
fn own_node() -> Option<NumaNode> {
    let (mut cpu, mut node) = (0_u32, 0_u32);
    let no_cache = std::ptr::null_mut::<libc::c_void>();
    // SAFETY: getcpu(2) writes one `unsigned` through each of the first two pointers, which are to
    // variables of this frame, and does nothing with the third.
    let done = unsafe { libc::syscall(libc::SYS_getcpu, &raw mut cpu, &raw mut node, no_cache) };
    if done == 0 { u16::try_from(node).ok().map(NumaNode) } else { None }
}

/// Lets the pages of the memory that are yet to come be taken from `node` alone. `base` is the
/// beginning of a mapping of `len` bytes.
pub(super) fn bind(base: *mut u8, len: usize, node: NumaNode) -> Result<(), RegionError> {
    let mut mask: NodeMask = [0; _];
    let number = usize::from(node.0);
    let Some(bits) = mask.get_mut(number / 64) else {
        return Err(RegionError::Unbound { node, source: io::ErrorKind::InvalidInput.into() });
    };
    *bits |= 1 << (number % 64);
    // SAFETY: mbind(2) reads NODES_MAX bits of the mask (it takes one off the number it is given)
    // and no other memory. It changes from where pages will be taken, not what the memory holds; what
    // the address does not name it refuses.
    let done = unsafe {
        let (policy, flags) = (libc::c_long::from(libc::MPOL_BIND), libc::c_long::from(0));
        libc::syscall(libc::SYS_mbind, base, len, policy, mask.as_ptr(), NODES_MAX + 1, flags)
    };
    match done {
        0 => Ok(()),
        _ => Err(RegionError::Unbound { node, source: io::Error::last_os_error() }),
    }
}

/// The node that the memory at `base` is bound to, if it is to one.
pub(super) fn bound(base: *mut u8) -> Option<NumaNode> {
    let (mut policy, mut mask): (libc::c_int, NodeMask) = (0, [0; _]);
    let (to, nodes) = (&raw mut policy, mask.as_mut_ptr());
    // SAFETY: get_mempolicy(2) writes an `int` through the first pointer and NODES_MAX bits through
    // the second, which are to variables of this frame, and looks the address up without touching it.
    let done =
        unsafe { libc::syscall(libc::SYS_get_mempolicy, to, nodes, NODES_MAX, base, MPOL_F_ADDR) };
    let ones: u32 = mask.iter().map(|bits| bits.count_ones()).sum();
    if done != 0 || policy & 0xff != libc::MPOL_BIND || ones != 1 {
        return None;
    }
    let numbers = (0..).zip(mask).find(|(_, bits)| *bits != 0);
    numbers.and_then(|(at, bits)| u16::try_from(at * 64 + bits.trailing_zeros()).ok()).map(NumaNode)
}

/// A list of nodes as the system writes it: `0-1,3`.
fn parse(list: &str) -> Option<Vec<NumaNode>> {
    let mut nodes = Vec::new();
    for range in list.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (first.parse::<u16>().ok()?, last.parse::<u16>().ok()?);
        nodes.extend((first..=last).map(NumaNode));
    }
    Some(nodes)
}

#[cfg(test)]
mod tests {
    use super::super::PageSize;
    use super::super::mapping::Mapping;
    use super::*;

    fn nodes(list: &str) -> Option<Vec<u16>> {
        parse(list).map(|nodes| nodes.iter().map(|node| node.get()).collect())
    }

    #[test]
    fn lists_of_nodes_are_read() {
        assert_eq!(nodes("0"), Some(vec![0]));
        assert_eq!(nodes("0-3"), Some(vec![0, 1, 2, 3]));
        assert_eq!(nodes("0-1,4,8-9"), Some(vec![0, 1, 4, 8, 9]));
        for wrong in ["", "a", "0-", "0,,1", "70000", "-1"] {
            assert_eq!(nodes(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn the_own_node_is_wanted_where_there_are_several() {
        let own = || Some(NumaNode(1));
        let binding = |placement: Placement, online| placement.among(online, own).unwrap();
        assert_eq!(binding(Placement::OwnNode, "0-1"), Binding::Wanted(NumaNode(1)));
        assert_eq!(binding(Placement::OwnNode, "0"), Binding::No);
        assert_eq!(binding(Placement::OwnNode, ""), Binding::No, "a kernel without nodes");
        assert_eq!(binding(Placement::Anywhere, "0-1"), Binding::No);
        assert_eq!(binding(Placement::Node(NumaNode(0)), "0"), Binding::Required(NumaNode(0)));
        assert_eq!(Placement::OwnNode.among("0-1", || None).unwrap(), Binding::No);
        let refused = Placement::Node(NumaNode(2)).among("0-1", own).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the books shall be on node 2, but the nodes of this machine are 0-1: name one of these"
        );
    }

    #[test]
    fn this_thread_runs_on_a_node_that_is_online() {
        let online = fs::read_to_string(ONLINE).unwrap_or_default();
        if let Some(nodes) = parse(online.trim()) {
            assert!(own_node().is_some_and(|node| nodes.contains(&node)), "{online}");
        }
    }

    #[test]
    fn a_binding_that_the_system_refuses_is_told_in_words() {
        let mapping = Mapping::private(4096, PageSize::Small).unwrap();
        for number in [1000, u16::MAX] {
            let refused = mapping.bind(Some(NumaNode(number))).unwrap_err();
            assert!(matches!(refused, RegionError::Unbound { .. }));
            let refused = refused.to_string();
            assert!(refused.starts_with(&format!("the books cannot be bound to node {number} (")));
            assert!(refused.ends_with("or ask for no node"), "{refused}");
        }
        assert_eq!(bound(mapping.base()), None);
    }

    #[test]
    fn what_is_wanted_is_done_without_and_what_is_required_is_not() {
        let node = NumaNode(1);
        let full = |node: Option<NumaNode>| if node.is_some() { Err("full") } else { Ok(node) };
        assert_eq!(Binding::Wanted(node).apply(full), Ok(None));
        assert_eq!(Binding::Required(node).apply(full), Err("full"));
        assert_eq!(Binding::No.apply(full), Ok(None));
        let roomy = |node| Ok::<_, ()>(node);
        assert_eq!(Binding::Wanted(node).apply(roomy), Ok(Some(node)));
    }
}
