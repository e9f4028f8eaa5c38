#include "doors/ends.hpp"
#include "doors/issue.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::doors;
using namespace truckee::test;

namespace {

/// A door with TLS, and somebody who dials it.
class certificates : public testing::Test {
protected:
  certificates() { open(ca_.first()); }

  void open(const tls::node_files& files, std::vector<tls::role> callers = {}) {
    const auto got =
        inside_->open({.at = {"127.0.0.1", 0}, .tls = files, .callers = std::move(callers)}, hall_.in());
    ASSERT_TRUE(got) << to_string(got.error());
    port_ = got->at.port;
  }

  result<passage> dialled(const tls::node_files& files, expected_peer who = {}) {
    return dial(*outside_,
                {.to = {"127.0.0.1", port_}, .tls = files, .who = std::move(who), .deadline = 10s});
  }

  /// What the door's log says.
  void expect_told(refusal why, const std::string& words) {
    const auto told = told_->next();
    ASSERT_TRUE(told);
    EXPECT_EQ(told->what.why, why) << told->what.detail;
    EXPECT_NE(told->what.detail.find(words), std::string::npos) << told->what.detail;
    EXPECT_EQ(told->source.rfind("127.0.0.1:", 0), 0U) << told->source;
  }
  static void expect_failed(const result<passage>& got, const std::string& words) {
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::refused);
    EXPECT_NE(got.error().detail.find(words), std::string::npos) << got.error().detail;
  }

  authority ca_;
  hall hall_;
  std::shared_ptr<test::listener> told_ = std::make_shared<test::listener>();
  std::shared_ptr<porter> inside_ = *porter::make({.limits = {}, .tell = told_, .inspect = {}});
  std::shared_ptr<porter> outside_ = *porter::make({});
  std::uint16_t port_ = 0;
};

TEST_F(certificates, of_one_ca_meet_and_know_each_other) {
  auto got = dialled(ca_.issue({.name = "beta", .alternative = "DNS:beta"}), {.names = {"first"}});
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_TRUE(got->tls);
  EXPECT_EQ(got->peer->common_name, "first");
  EXPECT_EQ(receive(got->inside.get(), 5), "hello");
  const auto guest = hall_.next();
  ASSERT_TRUE(guest);
  EXPECT_EQ(guest->peer->names, std::vector<std::string>{"beta"});
  ASSERT_TRUE(send_all(got->inside.get(), "well"));
  EXPECT_EQ(receive(guest->inside.get(), 4), "well");
}

TEST_F(certificates, missing_is_told_on_both_sides) {
  shake_hands_as(port_, std::nullopt);
  expect_told(refusal::no_certificate, "shows no certificate");
}

TEST_F(certificates, expired_of_a_caller_is_told_with_its_date) {
  shake_hands_as(port_, ca_.issue({.name = "old", .alternative = "DNS:old", .from = -7200, .until = -3600}));
  expect_told(refusal::expired, "(old) has expired on " + tls::date_of(tls::unix_now() - 3600).substr(0, 13));
}

TEST_F(certificates, expired_of_a_running_server_is_told_with_its_date) {
  open(ca_.issue({.name = "old", .alternative = "DNS:old", .from = -60, .until = 2}));
  std::this_thread::sleep_for(3s);
  expect_failed(dialled(ca_.first()), "(old) has expired on ");
  expect_told(refusal::ours_refused,
              "our certificate has expired; this end's certificate (old) is good from ");
}

TEST_F(certificates, expired_of_a_running_caller_is_told_to_it) {
  const auto files = ca_.issue({.name = "old", .alternative = "DNS:old", .from = -60, .until = 2});
  ASSERT_TRUE(dialled(files));
  std::this_thread::sleep_for(3s);
  expect_failed(dialled(files), "our certificate has expired; this end's certificate (old) is good from ");
  expect_told(refusal::expired, "has expired on ");
}

TEST_F(certificates, not_yet_valid_is_told_with_both_clocks) {
  shake_hands_as(port_, ca_.issue({.name = "new", .alternative = "DNS:new", .from = 3600, .until = 7200}));
  expect_told(refusal::not_yet_valid, "is not valid before ");
}

TEST_F(certificates, of_strangers_bring_nothing_onto_terminals) {
  authority other;
  const std::string name = std::string("x\x1b]0;pwned\x07") + '\0' + "y";
  shake_hands_as(port_, other.issue({.name = name, .alternative = "DNS:x"}));
  const auto told = told_->next();
  ASSERT_TRUE(told);
  EXPECT_NE(told->what.detail.find("(x?]0;pwned?"), std::string::npos) << told->what.detail;
}

TEST_F(certificates, of_a_foreign_ca_are_told_on_both_sides) {
  authority other;
  expect_failed(dialled(other.first()), "(first) is not signed by our CA");
  expect_told(refusal::ours_refused, "the other end does not know the CA of our certificate");
  // Who trusts the server is refused by it.
  auto mixed = other.first();
  mixed.ca = ca_.first().ca;
  shake_hands_as(port_, mixed);
  expect_told(refusal::foreign_ca, "is not signed by our CA");
}

TEST_F(certificates, without_a_name_are_no_server) {
  open(ca_.issue({.name = "alpha", .alternative = ""}));
  expect_failed(dialled(ca_.first(), {.names = {"alpha"}}), "has no name (subject alternative name)");
  ASSERT_TRUE(told_->next());
}

TEST_F(certificates, of_another_are_not_taken_for_the_named_one) {
  open(ca_.issue({.name = "alpha", .alternative = "DNS:evil"}));
  expect_failed(dialled(ca_.first(), {.names = {"alpha"}}), "its certificate is evil's, not alpha's");
  expect_told(refusal::ours_refused, "not of the name that is wanted there");
}

TEST_F(certificates, are_known_by_their_host_or_address_too) {
  open(ca_.issue({.name = "x", .alternative = "DNS:Alpha.example,IP:127.0.0.1,IP:::1"}));
  EXPECT_TRUE(dialled(ca_.first(), {.names = {"nobody", "127.0.0.1"}}));
  EXPECT_TRUE(dialled(ca_.first(), {.names = {"alpha.EXAMPLE"}}));
  EXPECT_TRUE(dialled(ca_.first(), {.names = {"0:0:0:0:0:0:0:1"}}));
}

TEST_F(certificates, are_known_by_a_pin_whatever_their_name) {
  const auto got = dialled(ca_.first());
  ASSERT_TRUE(got);
  const auto pin = got->peer->key;
  EXPECT_TRUE(dialled(ca_.issue({}), {.names = {"alpha"}, .key = pin}));
  open(ca_.issue({.name = "alpha", .alternative = "DNS:alpha"}));
  expect_failed(dialled(ca_.first(), {.names = {"alpha"}, .key = pin}), "not the one of certificate-pin");
}

TEST_F(certificates, of_a_scraper_open_no_door) {
  open(ca_.first(), {tls::role::client, tls::role::gateway});
  expect_failed(
      dialled(ca_.issue({.name = "prometheus", .alternative = "DNS:prometheus", .unit = "truckee scraper"})),
      "does not take our certificate for this: it is for a scraper");
  expect_told(refusal::wrong_role, "(prometheus) is for a scraper, and a client or gateway is wanted here");
  EXPECT_TRUE(dialled(ca_.issue({.name = "c", .alternative = "DNS:c", .unit = "truckee client"})));
  EXPECT_TRUE(
      dialled(ca_.issue({.name = "of another CA's making", .alternative = "DNS:c", .unit = "Sales"})));
}

TEST_F(certificates, of_a_client_are_no_server) {
  open(ca_.issue({.name = "c", .alternative = "DNS:alpha", .unit = "truckee client"}));
  expect_failed(dialled(ca_.first(), {.names = {"alpha"}, .key = {}, .roles = {tls::role::server}}),
                "is for a client, and a server is wanted here");
}

TEST_F(certificates, made_anew_are_used_from_then_on_and_cut_nobody) {
  const auto files = ca_.issue({.name = "before", .alternative = "DNS:before"});
  open(files);
  auto running = dialled(ca_.first());
  ASSERT_TRUE(running);
  ca_.write({.name = "after", .alternative = "DNS:after"}, files);
  EXPECT_EQ(dialled(ca_.first())->peer->common_name, "before");
  EXPECT_EQ(inside_->use(files), result<bool>(true)) << "another certificate";
  EXPECT_EQ(inside_->use(files), result<bool>(false)) << "the same again";
  EXPECT_EQ(dialled(ca_.first())->peer->common_name, "after");
  const auto guest = hall_.next();
  ASSERT_TRUE(guest);
  ASSERT_TRUE(send_all(guest->inside.get(), "still"));
  EXPECT_EQ(receive(running->inside.get(), 10), "hellostill");
}

TEST_F(certificates, made_anew_and_unusable_are_told_and_the_old_ones_stay) {
  const auto files = ca_.issue({.name = "before", .alternative = "DNS:before"});
  open(files);
  std::ofstream(files.certificate, std::ios::trunc) << "rubbish";
  const auto got = inside_->use(files);
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().detail.find(files.certificate.string()), std::string::npos) << got.error().detail;
  EXPECT_EQ(dialled(ca_.first())->peer->common_name, "before");
}

TEST_F(certificates, of_other_files_are_shown_by_doors_that_were_given_the_ones_before) {
  const auto files = ca_.issue({.name = "before", .alternative = "DNS:before"});
  open(files);
  const auto moved = ca_.issue({.name = "after", .alternative = "DNS:after"});
  ASSERT_TRUE(inside_->use(moved));
  EXPECT_EQ(dialled(ca_.first())->peer->common_name, "after");
  for (const auto& [file, end] : inside_->certificate_ends())
    EXPECT_EQ(file, moved.certificate.string());
}

TEST_F(certificates, of_its_own_are_let_in_by_a_door_whatever_they_are_for) {
  const auto files = ca_.issue({.name = "alpha", .alternative = "DNS:alpha", .unit = "truckee server"});
  open(files, {tls::role::client});
  EXPECT_TRUE(dialled(files)) << "a node looks whether it can be reached";
  const auto other = ca_.issue({.name = "alpha", .alternative = "DNS:alpha", .unit = "truckee server"});
  EXPECT_FALSE(dialled(other)) << "another one of the same name and role is not it";
}

TEST_F(certificates, tell_when_they_end) {
  const auto ends = inside_->certificate_ends();
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_EQ(ends.begin()->first, ca_.first().certificate.string());
  EXPECT_NEAR(static_cast<double>(ends.begin()->second - tls::unix_now()), 3650.0 * 86400, 60);
}

} // namespace
