//! What reading documents may cost: others at the registry, the servers of documents, and the store.

use super::*;
use crate::client_registry::TooManyReadings;

fn document(number: usize) -> String {
    format!("https://host-{number}.example/client.json")
}

/// An address of a network of its own.
fn network(number: usize) -> String {
    format!("198.51.{}.{}", number / 250, number % 250 + 1)
}

/// Asks in the background.
fn begin(house: &House, id: &str, network: &str) -> tokio::task::JoinHandle<ResolveClientReply> {
    let (registry, request) = (house.registry.clone(), request(id, REDIRECT, network));
    tokio::task::spawn_local(async move { registry.ask(request).await.unwrap() })
}

async fn until(is_reached: impl Fn() -> bool) {
    tokio::time::timeout(PATIENCE, async {
        while !is_reached() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[test]
fn who_asks_for_the_same_document_at_once_shares_one_reading() {
    System::new().block_on(async {
        let house = House::new();
        house.publisher.gate.forget_permits(Semaphore::MAX_PERMITS);
        let asking: Vec<_> = (0..50)
            .map(|number| begin(&house, APP, &network(number)))
            .collect();
        until(|| house.servers.waiting() == 50 && house.publisher.asked.get() == 1).await;
        house.publisher.gate.add_permits(1);
        for reply in asking {
            assert_eq!(reply.await.unwrap().unwrap().id.as_str(), APP);
        }
        assert_eq!(house.publisher.asked.get(), 1);
    });
}

#[test]
fn slow_servers_of_documents_hold_nobody_else_up() {
    System::new().block_on(async {
        let house = House::new();
        house.resolve(APP).await.unwrap();
        house.publisher.gate.forget_permits(Semaphore::MAX_PERMITS);
        let ids: Vec<_> = (0..32).map(document).collect();
        let numbered = ids.iter().enumerate();
        let slow: Vec<_> = numbered
            .map(|(number, id)| begin(&house, id, &network(number)))
            .collect();
        until(|| house.publisher.asked.get() == 33).await;
        let one_more = begin(&house, &document(32), &network(32)).await.unwrap();
        assert!(matches!(refusal(one_more), DocumentRefusal::TooMany { .. }));
        assert!(house.authenticate(APP).await);
        assert!(house.resolve(APP).await.is_ok());
        house.publisher.gate.add_permits(1);
        for reply in slow {
            assert!(reply.await.unwrap().is_ok());
        }
    });
}

#[test]
fn at_most_so_many_wait_for_documents() {
    System::new().block_on(async {
        let house = House::new();
        house.publisher.gate.forget_permits(Semaphore::MAX_PERMITS);
        let waiting: Vec<_> = (0..128)
            .map(|number| begin(&house, APP, &network(number)))
            .collect();
        until(|| house.servers.waiting() == 128 && house.publisher.asked.get() == 1).await;
        let one_more = begin(&house, APP, &network(128)).await.unwrap();
        assert!(matches!(refusal(one_more), DocumentRefusal::TooMany { .. }));
        house.publisher.gate.add_permits(1);
        for reply in waiting {
            assert!(reply.await.unwrap().is_ok());
        }
    });
}

#[test]
fn a_network_uses_up_its_own_allowance_and_nobody_elses() {
    System::new().block_on(async {
        let house = House::new();
        for number in 0..20 {
            house.resolve(&document(number)).await.unwrap();
        }
        let refused = house.refusal(&document(20)).await;
        assert_eq!(
            refused,
            DocumentRefusal::TooMany(TooManyReadings {
                wait: Duration::from_secs(3)
            })
        );
        assert_eq!(house.publisher.asked.get(), 20);
        // What has been read needs no allowance.
        assert!(house.resolve(&document(0)).await.is_ok());
        let neighbour = begin(&house, &document(20), &network(1)).await.unwrap();
        assert!(neighbour.is_ok());
        house.clock.advance(Duration::from_secs(3));
        assert!(house.resolve(&document(21)).await.is_ok());
    });
}

#[test]
fn a_host_is_asked_so_often_whoever_wants_it() {
    System::new().block_on(async {
        let house = House::new();
        house.fail(DocumentRefusal::Status(404));
        let at_victim = |number| format!("https://victim.example/{number}");
        for number in 0..60 {
            let refused = begin(&house, &at_victim(number), &network(number)).await.unwrap();
            assert_eq!(refusal(refused), DocumentRefusal::Status(404));
        }
        let refused = begin(&house, &at_victim(60), &network(60)).await.unwrap();
        assert_eq!(
            refusal(refused),
            DocumentRefusal::TooMany(TooManyReadings {
                wait: Duration::from_secs(1)
            })
        );
        assert_eq!(house.publisher.asked.get(), 60);
        house.publisher.failure.take();
        assert!(house.resolve(APP).await.is_ok());
    });
}

#[test]
fn a_flood_of_documents_leaves_the_store_bounded_and_used_clients_there() {
    System::new().block_on(async {
        let house = House::with(|settings| settings.most_unused_clients = 10);
        house.resolve(APP).await.unwrap();
        house.issue_to(APP);
        for number in 0..40 {
            house.clock.advance(Duration::from_secs(3));
            house.resolve(&document(number)).await.unwrap();
        }
        assert_eq!(house.registry.ask(CountClients).await, Ok(Ok(11)));
        assert!(house.find(APP).await.is_some());
        assert!(house.find(&document(39)).await.is_some());
        assert!(house.find(&document(0)).await.is_none());
    });
}
