#include "memory/peak_memory.hpp"
#include "program/support/program.hpp"
#include "truckee/actors/node/client_node.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

using namespace truckee;
using namespace truckee::test;

namespace {

/// What a read may take above the program itself, whatever the file's size.
constexpr double above_the_program_max = 128;

/// One MDMF file of TRUCKEE_LARGE_FILE_MIB MiB (200), made piece by piece, so that nobody ever has all of it.
class large_read : public program_test {
protected:
  void SetUp() override {
    auto grid = settings::embedded_grid(data());
    client_options how;
    how.grid = std::move(grid);
    how.data_home = data();
    how.durability = storage::durability::none;
    auto started = actors::client_node::start(std::move(how));
    ASSERT_TRUE(started) << to_string(started.error());
    small = make(**started, "small", 1);
    large = make(**started, "large", mib * 1024 * 1024 / pieces);
    for (std::uint64_t i = 1; i < pieces; ++i) {
      messages::publish_request x;
      x.write_cap = content("large");
      x.content = shared_bytes::copy_of(piece(i));
      x.offset = i * (mib * 1024 * 1024 / pieces);
      const auto reply = (*started)->ask(std::move(x));
      ASSERT_TRUE(reply.ok) << to_string(reply.failure);
      ASSERT_TRUE(reply.partial) << reply.whole_because;
    }
  }

  std::string piece(std::uint64_t number) const {
    return noise(mib * 1024 * 1024 / pieces, static_cast<unsigned>(number + 1));
  }

  /// Runs it to its end, which must be a good one; MiB that it had at most.
  double most_of_a_run(const arguments& words) {
    auto& process = start(words);
    double most = 0;
    while (process.running()) {
      most = std::max(most, most_of(process.id()));
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    const auto done = process.wait();
    EXPECT_EQ(done.code, 0) << done.err;
    return most;
  }

  void expect_all_of_it(const std::string& file) const {
    std::ifstream in(file, std::ios::binary);
    std::string got(mib * 1024 * 1024 / pieces, '\0');
    for (std::uint64_t i = 0; i < pieces; ++i) {
      in.read(got.data(), static_cast<std::streamsize>(got.size()));
      ASSERT_TRUE(got == piece(i)) << "piece " << i << " of " << pieces;
    }
    EXPECT_EQ(in.get(), std::ifstream::traits_type::eof());
  }

  static constexpr std::uint64_t pieces = 16;
  std::uint64_t mib = large_file_mib();
  std::string small, large; ///< files with their capabilities

private:
  std::string make(actors::client_node& by, const std::string& name, std::size_t size) {
    messages::publish_request x;
    x.format = messages::file_format::mdmf;
    x.spread = grid::spread{1, 1, 1}; // what the disk has to hold is the content once
    x.content = shared_bytes::copy_of(noise(size, 1));
    const auto reply = by.ask(std::move(x));
    EXPECT_TRUE(reply.ok) << to_string(reply.failure);
    return file(name, std::string(reply.write_cap));
  }
};

} // namespace

TEST_F(large_read, takes_no_more_memory_than_a_few_parts_of_the_file) {
  const auto program = most_of_a_run({"get", "--cap-file", small, "-o", path("out")});
  const auto in_range =
      most_of_a_run({"get", "--cap-file", large, "--range", "1000-", "-o", "/dev/null"}) - program;
  const auto whole = most_of_a_run({"get", "--cap-file", large, "-o", path("out")}) - program;
  std::printf("of %llu MiB: %.0f MiB at most, of a range %.0f, above the program's %.0f\n",
              static_cast<unsigned long long>(mib), whole, in_range, program);
  EXPECT_LT(in_range, above_the_program_max);
  EXPECT_LT(whole, above_the_program_max);
  expect_all_of_it(path("out"));
}

TEST_F(large_read, takes_no_more_of_a_gateway_either) {
  auto& gateway = start({"gateway", "--listen", "127.0.0.1:0", "--http-listen", "unix:" + path("http")});
  auto where = gateway.wait_for("listening on ");
  where = where.substr(0, where.find(' '));
  const auto of_program = most_of_a_run({"--gateway", where, "get", "--cap-file", small, "-o", path("out")});
  const auto of_gateway = most_of(gateway.id());
  const auto read =
      most_of_a_run({"--gateway", where, "get", "--cap-file", large, "-o", path("out")}) - of_program;
  const auto by_message = most_of(gateway.id()) - of_gateway;
  expect_all_of_it(path("out"));
  const auto header = file("header", "Truckee-Capability: " + content("large") + "\n");
  process curl("/usr/bin/curl",
               {"-sS", "--unix-socket", path("http"), "-H", "@" + header, "-o", path("http-out"),
                "http://localhost/v1/file"},
               place().path());
  const auto done = curl.wait(std::chrono::minutes(20));
  ASSERT_EQ(done.code, 0) << done.err;
  const auto over_http = most_of(gateway.id()) - of_gateway;
  std::printf("of %llu MiB: program %.0f MiB above its %.0f, gateway %.0f above its %.0f, with HTTP %.0f\n",
              static_cast<unsigned long long>(mib), read, of_program, by_message, of_gateway, over_http);
  EXPECT_LT(read, above_the_program_max);
  EXPECT_LT(over_http, above_the_program_max);
  expect_all_of_it(path("http-out"));
}
