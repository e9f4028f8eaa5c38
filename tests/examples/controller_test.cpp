#include "program/support/program.hpp"

#include <csignal>
#include <cstdio>

using namespace truckee::test;

namespace {

/// What a tool says of a program.
std::string said(const std::string& command) {
  std::string out;
  auto* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr)
    return out;
  char buffer[4096];
  while (const auto n = std::fread(buffer, 1, sizeof buffer, pipe))
    out.append(buffer, n);
  return ::pclose(pipe) == 0 ? out : std::string();
}

/// The example, a process a call, against a real gateway on loopback.
class Controller : public program_test {
protected:
  void SetUp() override {
    gateway_ = &start({"gateway", "--listen", "127.0.0.1:0"});
    address_ = gateway_->wait_for("listening on ");
    address_ = address_.substr(0, address_.find(' '));
  }
  std::unique_ptr<process> begin(const std::vector<std::string>& words, const std::string& input = {}) {
    auto all = words;
    all.insert(all.begin(), address_);
    return std::make_unique<process>(CONTROLLER_PROGRAM, all, place().path(),
                                     process_options{.environment = {}, .input = input, .directory = {}});
  }
  process_result run(const std::vector<std::string>& words, const std::string& input = {}) {
    return begin(words, input)->wait();
  }

  process* gateway_ = nullptr;
  std::string address_;
};

} // namespace

TEST_F(Controller, finds_a_gateway_and_learns_who_it_is) {
  const auto ran = run({"hello", "1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(ran.out.starts_with("truckee/")) << ran.out;
  EXPECT_NE(ran.out.find(", protocol "), std::string::npos) << ran.out;
}

TEST_F(Controller, publishes_and_tells_of_its_own_operation_alone) {
  const auto ran = run({"publish", "7"}, "Snow on the ridge.\n");
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.err.find("Finished"), std::string::npos) << ran.err;
  EXPECT_EQ(get(file("cap", ran.out), {"--gateway", address_}), "Snow on the ridge.\n");
}

TEST_F(Controller, cancels_what_it_began) {
  const auto ran = run({"cancel", "9"}, noise(std::size_t{48} << 20));
  EXPECT_EQ(ran.out, "cancelled\n") << ran.err;
  EXPECT_EQ(ran.code, 0);
}

TEST_F(Controller, says_what_is_wrong_with_its_arguments_and_with_what_answers) {
  EXPECT_EQ(run({"hello"}).code, 2);
  EXPECT_EQ(run({"dance", "1"}).code, 2);
  EXPECT_EQ(run({"cancel", "0"}).code, 2);
  auto& storage = start({"storage", "--directory", path("store"), "--listen", "127.0.0.1:0"});
  address_ = storage.wait_for("listening on ");
  address_ = address_.substr(0, address_.find(' '));
  const auto ran = run({"hello", "1"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("no gateway"), std::string::npos) << ran.err;
}

TEST(ControllerProgram, is_linked_without_codec_metrics_and_cryptography_of_ours) {
  for (const std::string program : {CONTROLLER_PROGRAM, REMOTE_PROGRAM}) {
    const auto libraries = said("readelf -d '" + program + "'");
    ASSERT_NE(libraries.find("libcaf_core"), std::string::npos) << "readelf looked at it";
    for (const auto* absent : {"libisal", "prometheus", "libsodium", "toml", "httplib", "spdlog"})
      EXPECT_EQ(libraries.find(absent), std::string::npos) << program << "\n" << libraries;
    const auto symbols = said("nm -C --defined-only '" + program + "'");
    ASSERT_NE(symbols.find("truckee::messages::"), std::string::npos) << "nm looked at it";
    for (const auto* absent : {"truckee::crypto::", "truckee::codec::", "truckee::metrics::",
                               "truckee::storage::", "truckee::actors::", "truckee::settings::"})
      EXPECT_EQ(symbols.find(absent), std::string::npos) << program << " has " << absent;
  }
}
