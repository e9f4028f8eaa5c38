#include "actors/server_words.hpp"
#include "truckee/actors/gateway/asked_change.hpp"
#include "truckee/tls/pin_text.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace std::chrono_literals;
using namespace truckee::test;

/// What a running gateway takes on, whoever asks.
namespace {

/// Starts scripted servers, and notes who came and went.
class scripted_keeper final : public actors::gateway_keeper {
public:
  explicit scripted_keeper(test_grid& grid) : grid_(grid) {}

  result<start> open(const settings::server_config& server, const settings::grid_config&,
                     const messages::storage_server&) override {
    if (refuse_to_open)
      return fail(errc::configuration, server.name + " cannot be opened");
    return [this] {
      grid_.add_server(make_script(grid_.scripts.size()));
      return actors::started_server{grid_.links.back()};
    };
  }
  void joins(const std::string& what, const caf::actor&) override { joined.push_back(what); }
  void leaves(const caf::actor& who) override { left.push_back(who.address()); }
  void runs_with(std::shared_ptr<const settings::grid_config> grid) override { in_use = std::move(grid); }
  result<bool> use_tls(const tls::node_files& files) override {
    asked_for = files;
    return certificate;
  }
  result<settings::grid_config> read_again() override { return file; }

  bool has_left(const messages::server_link& link) const {
    return std::ranges::any_of(left, [&](const auto& x) { return messages::same_actor(x, link.address()); });
  }

  bool refuse_to_open = false;
  std::optional<tls::node_files> asked_for;
  result<bool> certificate = false; ///< what use_tls says
  std::vector<std::string> joined;
  std::vector<caf::actor_addr> left;
  std::shared_ptr<const settings::grid_config> in_use;
  result<settings::grid_config> file = fail(errc::configuration, "grid.toml:3: no such thing");

private:
  test_grid& grid_;
};

settings::server_config at_port(const std::string& name, std::uint16_t port) {
  return {.name = name, .where = settings::caf_address{address{"127.0.0.1", port}}};
}

class changes : public ::testing::Test {
protected:
  explicit changes(std::optional<tls::node_files> tls = {}) {
    config_.tls = std::move(tls);
    config_.encoding = {1, 4, 3};
    for (std::uint16_t i = 0; i < 4; ++i)
      config_.servers.push_back(at_port("s" + std::to_string(i), static_cast<std::uint16_t>(4400 + i)));
    actors::gateway_options options;
    for (std::size_t i = 0; i < grid_.links.size(); ++i)
      options.servers.push_back({.name = "s" + std::to_string(i), .link = grid_.links[i]});
    options.grid = std::make_shared<const settings::grid_config>(config_);
    options.keeper = keeper_;
    gateway_ = actors::spawn_file_gateway(grid_.run.system(), grid_.services, std::move(options));
    grid_.run.settle();
  }
  ~changes() override {
    messages::send_anonymously(caf::actor_cast<caf::actor>(gateway_), messages::stop{{}, 0s});
    gateway_ = messages::file_gateway{};
    grid_.end();
  }

  messages::change_answer ask(const messages::change_request& x) {
    const auto done = grid_.run.ask<messages::change_answer>(gateway_, x);
    grid_.run.settle();
    return **done;
  }
  messages::grid_in_use use(const settings::grid_config& grid) {
    const auto done = grid_.run.ask<messages::grid_in_use>(
        caf::actor_cast<messages::gateway_settings>(gateway_),
        messages::use_grid{std::make_shared<const settings::grid_config>(grid)});
    grid_.run.settle();
    return **done;
  }
  answer_ptr<messages::publish_reply> put(int key = 0) {
    messages::publish_request x;
    x.write_cap = test_grid::write_cap(key);
    x.content = shared_bytes::copy_of("content");
    return grid_.run.ask<messages::publish_reply>(gateway_, x);
  }
  messages::status_reply status() {
    const auto done = grid_.run.ask<messages::status_reply>(gateway_, messages::status_request{});
    EXPECT_TRUE(grid_.wait(done));
    return **done;
  }
  static messages::change_request one(messages::server_step step, const std::string& name,
                                      const std::string& address = {}) {
    messages::change_request out;
    out.servers.push_back({step, name, address, {}});
    return out;
  }
  void expect_refused(const messages::change_request& x, const std::string& text) {
    const auto before = keeper_->in_use;
    const auto answer = ask(x);
    EXPECT_FALSE(answer.ok);
    EXPECT_NE(answer.failure.detail.find(text), std::string::npos) << answer.failure.detail;
    EXPECT_TRUE(answer.changed.empty());
    EXPECT_EQ(keeper_->in_use, before) << "nothing is half in use";
  }

  test_grid grid_{{.servers = 4, .spread = {1, 4, 3}}};
  std::shared_ptr<scripted_keeper> keeper_ = std::make_shared<scripted_keeper>(grid_);
  settings::grid_config config_;
  messages::file_gateway gateway_;
};

class changes_with_tls : public changes {
protected:
  changes_with_tls() : changes(tls::node_files{"ca.pem", "a.pem", "a.key"}) {}
};

using messages::server_step;
using texts = std::vector<std::string>;

const std::string pin = "q-ARhrfrDHLnGpR8jCAmvAZ0PRmAqyG3s8Hn_M8EIyg";
const std::string other_pin = "AAARhrfrDHLnGpR8jCAmvAZ0PRmAqyG3s8Hn_M8EIyg";

} // namespace

TEST_F(changes, a_server_that_comes_gets_shares_and_is_shown_and_watched) {
  config_.servers.push_back(at_port("s4", 4404));
  config_.servers.back().preferred = true;
  EXPECT_EQ(use(config_).changed, texts{"server s4 is new"});
  EXPECT_EQ(keeper_->joined, texts{"link to s4"});
  EXPECT_EQ(*keeper_->in_use, config_);
  messages::publish_request fresh;
  fresh.content = shared_bytes::copy_of("content");
  const auto done = grid_.run.ask<messages::publish_reply>(gateway_, fresh);
  ASSERT_TRUE(grid_.wait(done));
  EXPECT_TRUE(placed_at(**done, "s4")) << to_string((*done)->failure);
  ASSERT_EQ(status().servers.size(), 5U);
  EXPECT_EQ(status().servers.back().server, "s4");
  EXPECT_EQ(status().servers.back().state, link_state::ready);
}

TEST_F(changes, a_server_that_goes_is_kept_by_what_runs_and_ends_with_it) {
  grid_.create("before");
  hang_all_writes(grid_);
  const auto running = put();
  grid_.run.settle();
  ASSERT_FALSE(grid_.scripts[0]->writes.empty());
  const auto writes_before = grid_.scripts[0]->writes.size();
  EXPECT_EQ(ask(one(server_step::remove, "s0")).changed, texts{"server s0 is gone"});
  EXPECT_FALSE(keeper_->has_left(grid_.links[0])) << "the publish that runs needs it";
  EXPECT_EQ(status().servers.size(), 3U);
  const auto detail = grid_.run.ask<messages::operation_detail>(
      gateway_, messages::operation_detail_request{status().running.at(0).operation});
  ASSERT_TRUE(grid_.wait(detail));
  ASSERT_TRUE((*detail)->publish);
  EXPECT_EQ((*detail)->publish->servers, (std::vector<std::string>{"s1", "s2", "s3", "s0"}));
  for (const auto& share : (*detail)->publish->shares)
    EXPECT_LT(share.server, 4U);
  release_all(grid_);
  ASSERT_TRUE(grid_.wait(running));
  EXPECT_TRUE((*running)->ok) << to_string((*running)->failure);
  EXPECT_TRUE(placed_at(**running, "s0"));
  grid_.run.settle();
  EXPECT_TRUE(keeper_->has_left(grid_.links[0]));
  EXPECT_EQ(keeper_->left.size(), 1U);
  EXPECT_EQ(grid_.scripts[0]->writes.size(), writes_before);
  const auto next = put();
  ASSERT_TRUE(grid_.wait(next));
  EXPECT_TRUE((*next)->ok) << to_string((*next)->failure);
  EXPECT_FALSE(placed_at(**next, "s0"));
  EXPECT_EQ(grid_.scripts[0]->writes.size(), writes_before) << "new operations do without it";
}

TEST_F(changes, a_server_that_nobody_uses_goes_at_once) {
  EXPECT_TRUE(ask(one(server_step::remove, "s2")).ok);
  EXPECT_TRUE(keeper_->has_left(grid_.links[2]));
}

TEST_F(changes, a_server_at_another_address_is_another_one) {
  config_.servers[1] = at_port("s1", 5000);
  EXPECT_EQ(use(config_).changed, texts{"server s1 is another one"});
  EXPECT_TRUE(keeper_->has_left(grid_.links[1]));
  EXPECT_EQ(grid_.links.size(), 5U);
  EXPECT_EQ(status().servers[1].server, "s1") << "at the same place in the list";
}

TEST_F(changes, a_server_that_cannot_be_opened_changes_nothing) {
  keeper_->refuse_to_open = true;
  config_.servers.push_back(at_port("s4", 4404));
  config_.read_only = true;
  EXPECT_EQ(use(config_).refused, "s4 cannot be opened");
  EXPECT_FALSE(keeper_->in_use);
  grid_.create("content of before");
  const auto done = put();
  ASSERT_TRUE(grid_.wait(done));
  EXPECT_TRUE((*done)->ok) << "it is not read-only";
}

TEST_F(changes, whoever_has_the_grid_file_read_has_its_tls_files_read) {
  const tls::node_files files{"ca.pem", "a.pem", "a.key"};
  config_.tls = files;
  EXPECT_EQ(use(config_).needs_restart, texts{"[tls]"});
  EXPECT_FALSE(keeper_->asked_for) << "this gateway has none";
}

TEST_F(changes_with_tls, a_certificate_that_was_renewed_is_taken_on_and_one_that_is_wrong_changes_nothing) {
  EXPECT_TRUE(use(config_).changed.empty());
  EXPECT_EQ(keeper_->asked_for, config_.tls);
  keeper_->certificate = true;
  EXPECT_EQ(use(config_).changed, texts{"[tls] the certificate is another one"});
  keeper_->asked_for.reset();
  EXPECT_TRUE(ask(one(server_step::drain, "s0")).ok);
  EXPECT_FALSE(keeper_->asked_for) << "nobody spoke of files";
  keeper_->certificate = fail(errc::configuration, "a.pem is no certificate");
  config_.read_only = true;
  EXPECT_EQ(use(config_).refused, "a.pem is no certificate");
  EXPECT_FALSE(keeper_->in_use->read_only);
}

TEST_F(changes, limits_reach_whoever_holds_them) {
  messages::change_request x;
  x.limits = {{"in-flight-bytes", 2 << 20},
              {"keys-ready", 2},
              {"publish-deadline-seconds", 7},
              {"content-bytes", 3},
              {"connect-timeout-seconds", 1}};
  EXPECT_EQ(ask(x).changed, (texts{"[limits] connect-timeout-seconds 1", "[limits] content-bytes 3",
                                   "[limits] in-flight-bytes 2097152", "[limits] keys-ready 2",
                                   "[limits] publish-deadline-seconds 7"}));
  EXPECT_NE(grid_.services->metrics->text().find("truckee_keys_wanted 2"), std::string::npos);
  EXPECT_EQ(grid_.links.size(), 8U) << "links with the old timeout are replaced";
  EXPECT_EQ(keeper_->left.size(), 4U);
  const auto large = put();
  ASSERT_TRUE(grid_.wait(large));
  EXPECT_EQ((*large)->failure.code, errc::too_large);
}

TEST_F(changes, a_deadline_is_that_of_operations_that_begin_after_it) {
  grid_.create("before", 0);
  grid_.create("before", 1);
  hang_all_writes(grid_);
  const auto first = put(0);
  grid_.run.settle();
  messages::change_request x;
  x.limits = {{"publish-deadline-seconds", 3}, {"server-deadline-seconds", 1000}};
  EXPECT_TRUE(ask(x).ok);
  const auto second = put(1);
  EXPECT_TRUE(grid_.wait(second, 8s)) << "its deadline is 3 s";
  EXPECT_FALSE(first->done()) << "its deadline is 300 s";
  release_all(grid_);
  EXPECT_TRUE(grid_.wait(first));
}

TEST_F(changes, who_asks_by_message_is_told_what_was_changed) {
  messages::change_request x;
  x.servers = {{server_step::drain, "s0", {}, {}},
               {server_step::prefer, "s1", {}, {}},
               {server_step::add, "s9", "127.0.0.1:4409", "ot7v3kxzdpwqtzkm2zgkzwpsdyxjc2d6"},
               {server_step::remove, "s3", {}, {}}};
  x.spread = grid::spread{2, 3, 3};
  x.read_only = true;
  const auto answer = ask(x);
  ASSERT_TRUE(answer.ok) << to_string(answer.failure);
  EXPECT_EQ(answer.changed,
            (texts{"server s0 gets no new shares", "server s1 is preferred", "server s3 is gone",
                   "server s9 is new", "new files: 2 of 3, happy with 3", "read-only: no writes are taken"}));
  EXPECT_TRUE(answer.needs_restart.empty());
  EXPECT_EQ(keeper_->in_use->servers.back().name, "s9");
  EXPECT_TRUE(keeper_->in_use->servers.back().id);
  messages::change_request back;
  back.servers = {{server_step::undrain, "s0", {}, {}}, {server_step::unprefer, "s1", {}, {}}};
  back.read_only = false;
  EXPECT_EQ(ask(back).changed, (texts{"server s0 gets new shares again",
                                      "server s1 is not preferred any more", "writes are taken again"}));
}

TEST_F(changes, what_cannot_be_is_refused_as_a_whole) {
  expect_refused(one(server_step::drain, "nobody"), "there is no server \"nobody\"");
  expect_refused(one(server_step::add, "s9", "/srv/shares"), "a folder is the gateway's own machine's");
  expect_refused(one(server_step::add, "s9"), "only servers on the network");
  expect_refused(one(server_step::add, "s0", "127.0.0.1:1"), "is there already; remove it first");
  expect_refused(one(server_step::add, "s9", "127.0.0.1:4400"), "as s0; a server is listed once");
  expect_refused(one(server_step::add, "no name", "127.0.0.1:1"), "expected a name of 1 to 64");
  auto half = one(server_step::drain, "s0");
  half.limits = {{"held-bytes", 5}};
  expect_refused(half, "[limits] held-bytes is 5");
  half.limits = {{"wishes", 5}};
  expect_refused(half, "[limits] has no wishes");
  messages::change_request none;
  for (const auto& server : config_.servers)
    none.servers.push_back({server_step::remove, server.name, {}, {}});
  expect_refused(none, "no server would be left");
}

TEST_F(changes, a_server_on_loopback_may_be_another_users_where_who_adds_it_says_so) {
  auto x = one(server_step::add, "s9", "127.0.0.1:4409");
  EXPECT_TRUE(ask(x).ok);
  EXPECT_FALSE(keeper_->in_use->servers.back().any_user);
  x.servers = {{server_step::remove, "s9"}, {server_step::add, "s9", "127.0.0.1:4409", {}, {}, true}};
  EXPECT_EQ(ask(x).changed, texts{"server s9 is another one"});
  EXPECT_TRUE(keeper_->in_use->servers.back().any_user);
}

TEST_F(changes, a_pin_needs_a_gateway_that_sees_certificates) {
  auto x = one(server_step::add, "s9", "127.0.0.1:4409");
  x.servers[0].certificate_pin = pin;
  expect_refused(x, "server s9: its certificate-pin: this gateway runs without [tls]");
}

TEST_F(changes_with_tls, a_server_that_is_added_may_be_known_by_the_key_of_its_certificate) {
  auto x = one(server_step::add, "s9", "192.0.2.9:4409");
  x.servers[0].certificate_pin = pin;
  const auto done = ask(x);
  ASSERT_TRUE(done.ok) << to_string(done.failure);
  ASSERT_TRUE(keeper_->in_use->servers.back().certificate_pin);
  EXPECT_EQ(tls::to_text(*keeper_->in_use->servers.back().certificate_pin), pin);
  // Another key is another server.
  x.servers = {{server_step::remove, "s9"}, {server_step::add, "s9", "192.0.2.9:4409", {}, other_pin}};
  EXPECT_EQ(ask(x).changed, texts{"server s9 is another one"});
}

TEST_F(changes_with_tls, a_pin_that_is_none_is_refused_and_said_to_be_what) {
  for (const auto& wrong : {std::string("abc"), pin + "A", pin.substr(1) + "+", pin.substr(1) + "B"}) {
    auto x = one(server_step::add, "s9", "192.0.2.9:4409");
    x.servers[0].certificate_pin = wrong;
    expect_refused(x, "server s9: its certificate-pin: expected 43 characters of unpadded url-safe base64");
  }
}

TEST_F(changes, what_was_asked_by_message_goes_when_the_file_is_read_again) {
  keeper_->file = config_;
  EXPECT_TRUE(ask(one(server_step::drain, "s0")).ok);
  auto again = one(server_step::drain, "s1");
  again.read_file = true;
  EXPECT_EQ(ask(again).changed, (texts{"server s0 gets new shares again", "server s1 gets no new shares"}));
  keeper_->file = fail(errc::configuration, "grid.toml:3: no such thing");
  expect_refused(again, "grid.toml:3: no such thing");
}

TEST_F(changes, changes_are_taken_on_in_the_order_they_came) {
  const auto first =
      grid_.run.ask<messages::change_answer>(gateway_, one(server_step::add, "s8", "127.0.0.1:4408"));
  const auto second = grid_.run.ask<messages::change_answer>(gateway_, one(server_step::drain, "s8"));
  grid_.run.settle();
  EXPECT_TRUE((*first)->ok);
  EXPECT_TRUE((*second)->ok) << to_string((*second)->failure);
}

TEST(change_without_a_file, is_refused) {
  test_grid grid;
  const auto done = grid.run.ask<messages::change_answer>(grid.gateway(), messages::change_request{});
  grid.run.settle();
  EXPECT_EQ((*done)->failure.code, errc::refused);
}
