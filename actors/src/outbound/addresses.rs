//! Which addresses may be called on behalf of somebody: those of the public internet. Pure.
//!
//! The ranges are those that IANA's special-purpose registries (RFC 6890) do not call globally reachable, and the ways in
//! which an IPv4 address hides inside an IPv6 one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether everybody on the internet could call this address, so that calling it reveals nothing.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || first == 0
        || first >= 240
        // Shared by carriers, RFC 6598.
        || (first == 100 && (64..128).contains(&second))
        // Protocol assignments, RFC 6890; relays of 6to4, RFC 7526; benchmarks, RFC 2544.
        || (first == 192 && second == 0 && third == 0)
        || (first == 192 && second == 88 && third == 99)
        || (first == 198 && (18..20).contains(&second));
    !is_special
}

/// Only what is assigned to the internet (`2000::/3`), without the parts of it that lead elsewhere.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let (first, second) = (segments[0], segments[1]);
    let is_global = first & 0xe000 == 0x2000;
    // Teredo and other protocols, RFC 2928; documentation, RFC 3849 and RFC 9637; 6to4, RFC 3056.
    let leads_elsewhere = (first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        || (first == 0x3fff && second < 0x1000)
        || first == 0x2002;
    // The interface identifier of ISATAP, RFC 5214, carries an IPv4 address of any network.
    let is_isatap = segments[4] & 0xfdff == 0 && segments[5] == 0x5efe;
    is_global && !leads_elsewhere && !is_isatap
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_internet_may_be_called() {
        for address in [
            "140.82.121.4",
            "8.8.8.8",
            "100.63.255.255",
            "2606:50c0:8000::153",
            "2a00::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_of_this_machine_and_of_private_networks_may_not() {
        let refused = [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.170",
            "192.88.99.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::a00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "2a00::5efe:10.0.0.1",
            "2a00::200:5efe:10.0.0.1",
            "100::1",
        ];
        for address in refused {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }
}
