#include "program/support/program.hpp"

#include <csignal>

using namespace truckee::test;

namespace {

/// The example as a process of its own, against a real gateway that asks for certificates.
class Remote : public program_test {
protected:
  void SetUp() override { ASSERT_EQ(truckee({"certs", path("certs"), "gateway", "caller"}).code, 0); }

  std::string certificate(const std::string& name) const { return path("certs/" + name); }
  process& start_gateway() {
    return start({"gateway", "--listen", "127.0.0.1:0", "--ca", certificate("ca.pem"), "--cert",
                  certificate("gateway.pem"), "--key", certificate("gateway.key")});
  }
  process_result remote(const std::vector<std::string>& words) {
    return process(REMOTE_PROGRAM, words, place().path()).wait();
  }
};

} // namespace

TEST_F(Remote, publishes_appends_reads_cancels_and_asks_over_mutual_tls) {
  auto& gateway = start_gateway();
  const auto address = gateway.wait_for("listening on ");
  const auto ran =
      remote({address, certificate("ca.pem"), certificate("caller.pem"), certificate("caller.key")});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "subscribed\nversion 2:\nSnow on the ridge.\nIce on the lake.\n"
                     "the large one: cancelled\n0 running, 10 servers\n");
  EXPECT_NE(ran.err.find("publish "), std::string::npos) << "progress was told: " << ran.err;
  EXPECT_EQ((ran.out + ran.err).find("URI:"), std::string::npos) << "no capability is shown";
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.wait(process::seconds(60)).code, 0);
}

TEST_F(Remote, says_what_is_wrong_with_its_arguments) {
  const auto ran = remote({"nowhere"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("usage: remote"), std::string::npos) << ran.err;
}

TEST_F(Remote, a_certificate_of_another_authority_is_turned_away) {
  ASSERT_EQ(truckee({"certs", path("others"), "caller"}).code, 0);
  auto& gateway = start_gateway();
  const auto address = gateway.wait_for("listening on ");
  const auto ran =
      remote({address, path("others/ca.pem"), path("others/caller.pem"), path("others/caller.key")});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err, "");
  EXPECT_TRUE(gateway.running());
}
