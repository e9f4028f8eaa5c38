#include "manual_time.hpp"
#include "test_folder.hpp"
#include "test_support.hpp"
#include "truckee/actors/node/caf_metrics.hpp"
#include "truckee/actors/node/client.hpp"
#include "truckee/actors/node/storage_node.hpp"
#include "truckee/base/worker_pool.hpp"
#include "truckee/control/gateway.hpp"
#include "truckee/messages/caf/passages.hpp"
#include "truckee/metrics/metrics.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sstream>

using namespace truckee;
using namespace std::chrono_literals;

namespace {

struct host_config : caf::actor_system_config {
  host_config() {
    truckee::register_types();
    truckee::register_types(*this);
    load<caf::io::middleman>();
#if TRUCKEE_CAF_1
    set("caf.logger.console.verbosity", "quiet");
#endif
  }
};

/// Something of the host's that has nothing to do with Truckee.
struct host_actor_state {
  using handle = messages::protocol<messages::cancel_answer(messages::cancel_request)>;
  static constexpr const char* name = "host.actor";
  explicit host_actor_state(messages::shell<host_actor_state>*) {}
  messages::behavior<handle> make_behavior() {
    return {[](const messages::cancel_request&) { return messages::cancel_answer{true}; }};
  }
};

/// Answers who it is, and nothing else, ever.
struct mute_server_state {
  using handle = messages::storage_server;
  static constexpr const char* name = "test.mute_server";
  explicit mute_server_state(messages::shell<mute_server_state>* self) : self_(self) {}
  messages::behavior<handle> make_behavior() {
    return {
        [](const messages::hello&) {
          grid::store_info out;
          out.id.data[0] = std::byte{1};
          out.software = "mute";
          out.bytes_available = 1U << 30;
          return out;
        },
        [this](const grid::read_test_write&) { return never<grid::read_test_write_answer>(); },
        [this](const grid::slot_read&) { return never<grid::slot_read_answer>(); },
        [this](const messages::add_lease&) { return never<messages::lease_answer>(); },
        [this](const messages::read_leases&) { return never<messages::stored_leases>(); },
        [this](const messages::share_advice&) { return never<messages::advice_answer>(); },
        [this](const grid::stage_piece&) { return never<grid::stage_answer>(); },
    };
  }
  template <class Answer>
  caf::result<Answer> never() {
    auto promise = self_->template make_response_promise<Answer>();
    kept_.push_back([promise] {});
    return promise;
  }
  messages::shell<mute_server_state>* self_;
  std::vector<std::function<void()>> kept_;
};

class embedded : public testing::Test {
protected:
  embedded() { host_actor_ = messages::spawn<host_actor_state>(system_); }
  ~embedded() override { caf::anon_send_exit(host_actor_, caf::exit_reason::user_shutdown); }

  client_options options(const std::string& name = "client") const {
    client_options out;
    out.data_home = home_ / name;
    out.durability = storage::durability::none;
    out.threads = {.compute = 1, .blocking = 2};
    out.grid.encoding = {1, 3, 2};
    for (const auto* server : {"alpha", "beta", "gamma"})
      out.grid.servers.push_back(
          {server, settings::local_directory{home_ / name / server}, {}, {}, false, false, {}});
    return out;
  }
  client start(client_options how, surroundings around = {}) {
    auto out = client::spawn(system_, std::move(how), std::move(around));
    if (!out)
      throw std::runtime_error(to_string(out.error()));
    return std::move(*out);
  }
  static messages::publish_request hello() { return {.content = shared_bytes::copy_of("Hello, lake!")}; }
  bool host_goes_on() {
    caf::scoped_actor self(system_);
    bool answered = false;
    messages::request_blocking(
        self, host_actor_, 10s, messages::cancel_request{},
        [&](const messages::cancel_answer& x) { answered = x.found; }, [](const caf::error&) {});
    return answered;
  }
  /// Every actor of the system but the host's.
  std::size_t ours() { return system_.registry().running() - 1; }
  bool soon(const std::function<bool()>& is_so) {
    for (int i = 0; i < 600 && !is_so(); ++i)
      std::this_thread::sleep_for(50ms);
    return is_so();
  }
  /// What no actor of Truckee's is made to do: it ends with an exception.
  template <class Handle>
  static void make_fail(const Handle& actor) {
    messages::send_anonymously(caf::actor_cast<caf::actor>(actor),
                               messages::continuation{[] { throw std::runtime_error("made to fail"); }});
  }

  test::folder home_;
  host_config config_;
  caf::actor_system system_{config_};
  host_actor_state::handle host_actor_;
};

template <class Handle>
bool same(const Handle& a, const Handle& b) {
  return messages::same_actor(a.address(), b.address());
}

std::string text_of(const prometheus::Registry& registry) {
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, registry.Collect());
  return out.str();
}

} // namespace

TEST_F(embedded, a_client_lives_in_the_hosts_system_and_leaves_nothing_behind_twice) {
  const auto before = ours();
  for (int round = 0; round < 2; ++round) {
    auto files = start(options());
    const auto put = files.ask(hello());
    ASSERT_TRUE(put.ok) << to_string(put.failure);
    const auto got = files.ask(messages::retrieve_request{.cap = put.write_cap});
    ASSERT_TRUE(got.ok) << to_string(got.failure);
    EXPECT_EQ(as_text(got.content.view()), "Hello, lake!");
    std::promise<void> ended;
    files.stop(10s, [&] { ended.set_value(); });
    ended.get_future().wait();
    EXPECT_TRUE(soon([&] { return ours() == before; }));
    EXPECT_TRUE(host_goes_on());
  }
}

TEST_F(embedded, no_exit_message_ends_the_gateway_nor_an_error_that_answers_nothing) {
  auto files = start(options());
  const auto gateway = files.gateway();
  for (const auto reason : {caf::exit_reason::user_shutdown, caf::exit_reason::kill})
    caf::anon_send_exit(gateway, reason);
  messages::send_anonymously(caf::actor_cast<caf::actor>(gateway), caf::make_error(caf::sec::runtime_error));
  const auto put = files.ask(hello());
  EXPECT_TRUE(put.ok) << to_string(put.failure);
  EXPECT_TRUE(same(gateway, files.gateway())) << "it is the same one still";
}

TEST_F(embedded, a_gateway_that_fails_is_started_again_behind_the_same_port_and_answers_who_waits) {
  auto files = start(options());
  const auto at = files.publish(address{"127.0.0.1", 0});
  ASSERT_TRUE(at) << to_string(at.error());
  ASSERT_TRUE(files.ask(hello()).ok);
  const auto first = files.gateway();
  auto waiting = std::async(std::launch::async, [&] {
    return control::ask(system_, first,
                        messages::publish_request{.content = shared_bytes(bytes(std::size_t{32} << 20))});
  });
  make_fail(first);
  (void)waiting.get(); // done, or told that the gateway ended; never silence
  ASSERT_TRUE(soon([&] { return files.gateway() && !same(files.gateway(), first); }));
  EXPECT_TRUE(files.ask(hello()).ok);
  const auto text = files.metrics()->text();
  EXPECT_NE(text.find("truckee_restarts_total 1"), std::string::npos);
  EXPECT_NE(text.find("truckee_gateway_up 1"), std::string::npos);
  host_config other;
  caf::actor_system elsewhere{other};
  const auto porter = *messages::make_porter(elsewhere);
  const auto peer = messages::connect_blocking(elsewhere, *porter, {.to = *at, .deadline = 10s});
  ASSERT_TRUE(peer) << to_string(peer.error());
  EXPECT_TRUE(messages::as_protocol<messages::file_gateway>(elsewhere, *peer));
}

TEST_F(embedded, servers_come_and_go_and_a_gateway_that_is_started_again_keeps_them) {
  const auto before = ours();
  {
    auto how = options();
    auto files = start(how);
    const auto with_three = ours();
    const auto delta = settings::server_config{
        .name = "delta", .where = settings::local_directory{home_ / "client" / "delta"}, .preferred = true};
    how.grid.servers.push_back(delta);
    const auto used = files.use(how.grid);
    ASSERT_FALSE(used.refused) << *used.refused;
    EXPECT_EQ(used.changed, std::vector<std::string>{"server delta is new"});
    const auto on_delta = [&] {
      const auto put = files.ask(hello());
      return std::ranges::any_of(put.placed, [](const auto& x) { return x.server == "delta"; });
    };
    EXPECT_TRUE(on_delta());
    const auto first = files.gateway();
    make_fail(first);
    ASSERT_TRUE(soon([&] { return files.gateway() && !same(files.gateway(), first); }));
    EXPECT_TRUE(on_delta()) << "the one that was started again goes on with it";
    how.grid.servers.pop_back();
    EXPECT_EQ(files.use(how.grid).changed, std::vector<std::string>{"server delta is gone"});
    EXPECT_FALSE(on_delta());
    EXPECT_TRUE(soon([&] { return ours() == with_three; })) << "nothing of a server that is gone is left";
    EXPECT_EQ(files.metrics()->text().find("truckee_server_link_state{server=\"delta\""), std::string::npos);
    how.grid.servers.push_back(delta);
    ASSERT_TRUE(soon([&] { return !files.use(how.grid).refused; })) << "its folder is free again";
    EXPECT_TRUE(on_delta());
  }
  EXPECT_TRUE(soon([&] { return ours() == before; }));
}

TEST_F(embedded, two_clients_share_a_registry_by_their_labels) {
  const auto registry = std::make_shared<prometheus::Registry>();
  {
    auto one = start(options("one"), {.registry = registry, .labels = {{"client", "one"}}});
    auto two = start(options("two"), {.registry = registry, .labels = {{"client", "two"}}});
    const auto clash =
        client::spawn(system_, options("three"), {.registry = registry, .labels = {{"client", "one"}}});
    ASSERT_FALSE(clash);
    EXPECT_EQ(clash.error().code, errc::configuration);
    const auto wrong =
        client::spawn(system_, options("three"), {.registry = registry, .labels = {{"server", "x"}}});
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().detail.find("server"), std::string::npos);
    ASSERT_TRUE(one.ask(hello()).ok);
    const auto text = text_of(*registry);
    EXPECT_NE(text.find(R"(truckee_publishes_total{client="one",outcome="ok"} 1)"), std::string::npos)
        << text;
    EXPECT_NE(text.find(R"(truckee_publishes_total{client="two",outcome="ok"} 0)"), std::string::npos);
  }
  EXPECT_EQ(text_of(*registry), "") << "every series is taken out again";
}

TEST_F(embedded, cafs_own_metrics_can_stand_in_the_hosts_scrape) {
  const auto archive = start(options());
  const auto more = caf_metrics(system_);
#if TRUCKEE_CAF_1
  ASSERT_EQ(more.size(), 1U);
  const auto text = prometheus::TextSerializer{}.Serialize(more.front()->Collect());
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line) && !line.starts_with("caf_system_running_actors")) {
  }
  ASSERT_NE(line.find(' '), std::string::npos) << text;
  EXPECT_GE(std::stod(line.substr(line.rfind(' '))), 5) << "the host's, the gateway, three stores";
  EXPECT_NE(text.find("# TYPE caf_system_rejected_messages_total counter"), std::string::npos) << text;
#else
  EXPECT_TRUE(more.empty()) << "CAF 0.17 counts nothing";
#endif
}

TEST_F(embedded, an_end_takes_no_longer_than_its_patience_however_mute_the_servers_are) {
  host_config far_config;
  caf::actor_system far{far_config};
  const auto mute = messages::spawn<mute_server_state>(far);
  const auto porter = *messages::make_porter(far);
  const auto door = messages::publish_at(*porter, {.at = {"127.0.0.1", 0}}, mute);
  ASSERT_TRUE(door) << to_string(door.error());
  auto how = options();
  how.grid.encoding = {1, 1, 1};
  how.grid.servers = {{"mute", settings::caf_address{door->at}, {}, {}, false, false, {}}};
  auto files = start(std::move(how));
  auto waiting = std::async(std::launch::async, [&] { return files.ask(hello()); });
  std::this_thread::sleep_for(2s); // the write is under way
  const auto begin = std::chrono::steady_clock::now();
  std::promise<void> ended;
  files.stop(1s, [&] { ended.set_value(); });
  EXPECT_EQ(ended.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s);
  EXPECT_FALSE(waiting.get().ok) << "and who waited was answered";
  caf::anon_send_exit(mute, caf::exit_reason::kill);
}

TEST_F(embedded, the_host_gets_records_and_gives_threads_time_and_chance) {
  std::mutex mutex;
  std::set<std::string> heard;
  const auto time = std::make_shared<test::manual_time>();
  const auto threads = std::make_shared<worker_pool>(2);
  {
    surroundings around;
    around.log = std::make_shared<logs::event_log>(logs::level::info, [&](const logs::record& r) {
      const std::lock_guard lock(mutex);
      heard.insert(std::string(r.event));
      EXPECT_FALSE(r.fields.empty());
      EXPECT_NE(r.text().find("event="), std::string::npos);
    });
    around.compute = threads;
    around.blocking = threads;
    around.time = time;
    around.random = std::make_shared<test::seeded_random>(7);
    auto files = start(options(), around);
    const auto put = files.ask(hello());
    ASSERT_TRUE(put.ok) << to_string(put.failure);
    const auto status = control::ask(system_, files.gateway(), messages::status_request{});
    ASSERT_FALSE(status.recent.empty());
    EXPECT_EQ(status.recent.front().started_ms,
              static_cast<std::uint64_t>(test::manual_time::beginning.count()));
  }
  EXPECT_TRUE(heard.contains("client_started"));
  EXPECT_TRUE(heard.contains("publish_ended"));
  EXPECT_EQ(threads.use_count(), 1) << "the host's threads are the host's again";
}

TEST_F(embedded, a_store_lives_in_the_hosts_system_and_serves_a_client_there) {
  const auto before = ours();
  {
    store_options disk;
    disk.disk.directory = home_ / "disk";
    disk.disk.durability = storage::durability::none;
    auto serving = store::spawn(system_, disk);
    ASSERT_TRUE(serving) << to_string(serving.error());
    const auto first = serving->server();
    caf::anon_send_exit(first, caf::exit_reason::kill);
    make_fail(first);
    EXPECT_TRUE(soon([&] { return serving->server() && !same(serving->server(), first); }));
    const auto again = store::spawn(system_, disk);
    ASSERT_FALSE(again) << "the directory is in use";
  }
  EXPECT_TRUE(soon([&] { return ours() == before; }));
}

TEST_F(embedded, what_cannot_be_is_said_and_leaves_nothing) {
  const auto before = ours();
  auto far = options();
  far.grid.servers = {{"far", settings::caf_address{address{"192.0.2.1", 4401}}, {}, {}, false, false, {}}};
  EXPECT_EQ(client::spawn(system_, far).error().code, errc::refused);
  auto identity = options();
  identity.grid.tls = tls::node_files{"ca.pem", "a.pem", "a.key"};
  EXPECT_EQ(client::spawn(system_, identity).error().code, errc::configuration);
  auto files = start(options());
  EXPECT_EQ(files.publish(address{"192.0.2.1", 0}).error().code, errc::refused);
  const auto twice = client::spawn(system_, options());
  EXPECT_FALSE(twice) << "its stores are in use";
  files.stop(1s);
  EXPECT_TRUE(soon([&] { return ours() == before; }));
}
