//! The order of paths, piece by piece.

use super::*;

#[test]
fn a_request_is_read_as_people_write_it() {
    for (text, host, path) in [
        ("shop.example.com/cart", "shop.example.com", "/cart"),
        ("https://Shop.example.com:8443/cart/1?x=2#top", "shop.example.com", "/cart/1"),
        ("shop.example.com", "shop.example.com", "/"),
        ("/cart", "", "/cart"),
        ("*/cart", "", "/cart"),
    ] {
        assert_eq!(Request::parse(text), Request { host: host.into(), path: path.into() }, "{text}");
    }
}

#[test]
fn the_exact_host_is_nearer_than_a_wildcard_and_that_nearer_than_none() {
    let fit = |host: &str| Request::parse("a.b.example.com").fit(host);
    assert!(fit("A.b.example.com") > fit("*.b.example.com"));
    assert!(fit("*.b.example.com") > fit("*.example.com"));
    assert!(fit("*.example.com") > fit(""));
    assert_eq!((fit("b.example.com"), fit("*.a.b.example.com")), (None, None));
}

#[test]
fn a_prefix_ends_with_an_element() {
    assert!(begins("/api", "/api") && begins("/api/", "/api") && begins("/api/v1", "/api/") && begins("/x", "/"));
    assert!(!begins("/apis", "/api") && !begins("/", "/api"));
}

#[test]
fn nginx_tries_an_equal_path_first_then_expressions_then_the_longest() {
    let rank = |path: &str| of_location(path, "/tea/green").map(|(_, rank)| rank);
    assert!(rank("=/tea/green") > rank("~ ^/t") && rank("~ ^/t") > rank("/tea/") && rank("/tea/") > rank("/tea"));
    assert_eq!(rank("/teas"), None);
}
