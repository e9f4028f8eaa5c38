#include "program/support/server_farm.hpp"

#include <fstream>
#include <thread>

using namespace truckee::test;

namespace {

/// Files that are never in memory as a whole, on ten real servers.
class large_files : public server_farm {
protected:
  static constexpr std::size_t large = std::size_t{120} << 20;

  void SetUp() override {
    server_options_ = {"--durability", "none"};
    start_farm();
  }
  std::string make(const std::string& content) {
    const auto made = json(on_grid({"put", "-", "--format", "mdmf"}), content);
    EXPECT_EQ(made["happiness"], 10) << made;
    return file("cap", std::string(made["write_cap"]) + "\n");
  }
  /// Whether a server has pieces of a share that nobody sees.
  bool has_pieces(std::size_t server) const {
    std::error_code none;
    const auto aside = stores() / name_of(server) / "truckee-aside";
    for (const auto& each : std::filesystem::directory_iterator(aside, none))
      if (each.is_regular_file(none) && each.file_size(none) > (std::uint64_t{4} << 20))
        return true;
    return false;
  }
  /// Waits until pieces are on their way to it.
  bool await_pieces(std::size_t server) const {
    for (int i = 0; i < 20'000; ++i) {
      if (has_pieces(server))
        return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
};

} // namespace

TEST_F(large_files, one_whose_server_is_killed_in_the_middle_finds_other_homes) {
  const auto cap = make("what was there");
  const auto content = noise(large, 1);
  auto& put = start(on_grid({"--json", "put", file("large", content), "--cap-file", cap}));
  ASSERT_TRUE(await_pieces(4));
  kill(4);
  const auto done = put.wait(std::chrono::minutes(3));
  ASSERT_EQ(done.code, 0) << done.out << done.err;
  const auto reply = nlohmann::json::parse(done.out);
  EXPECT_EQ(reply["version"], 2);
  EXPECT_EQ(reply["content_bytes"], large);
  EXPECT_EQ(reply["placed"].size(), 10U) << "all shares have a home";
  EXPECT_TRUE(get(cap, on_grid({})) == content);
}

TEST_F(large_files, a_publisher_that_is_killed_in_the_middle_leaves_what_was_there) {
  const auto cap = make("what was there");
  const auto content = noise(large, 1);
  auto& put = start(on_grid({"put", file("large", content), "--cap-file", cap}));
  ASSERT_TRUE(await_pieces(4));
  put.kill();
  EXPECT_EQ(get(cap, on_grid({})), "what was there");
  const auto checked = truckee(on_grid({"--json", "verify", "--cap-file", cap}));
  EXPECT_EQ(checked.code, 0) << checked.out;
  // A server that starts again keeps nothing of it.
  kill(4);
  restart(4);
  EXPECT_FALSE(has_pieces(4));
  ASSERT_EQ(truckee(on_grid({"put", path("large"), "--cap-file", cap})).code, 0);
  EXPECT_TRUE(get(cap, on_grid({})) == content);
}

TEST_F(large_files, one_that_changes_while_it_is_read_is_not_written) {
  const auto cap = make("what was there");
  const auto content = noise(large, 1);
  auto& put = start(on_grid({"put", file("large", content), "--cap-file", cap}));
  ASSERT_TRUE(await_pieces(4));
  std::fstream other(path("large"), std::ios::binary | std::ios::in | std::ios::out);
  other.seekp(large - 1);
  other.put(static_cast<char>(content.back() ^ 1));
  other.close();
  const auto done = put.wait(std::chrono::minutes(3));
  EXPECT_NE(done.code, 0);
  EXPECT_NE(done.err.find("changed while it was read"), std::string::npos) << done.err;
  EXPECT_EQ(get(cap, on_grid({})), "what was there");
}
