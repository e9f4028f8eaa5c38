#include "memory/peak_memory.hpp"
#include "program/support/program.hpp"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace truckee;
using namespace truckee::test;

namespace {

/// MiB that a publish may take above the program itself, whatever the file's size: 3 of 10, servers in the same process included.
constexpr double publish_above_the_program_max = 160;

/// A file of TRUCKEE_LARGE_FILE_MIB MiB (200) on the disk, of which nobody ever has all.
class large_publish : public program_test {
protected:
  void SetUp() override {
    std::ofstream out(path("large"), std::ios::binary);
    for (std::uint64_t i = 0; i < mib_; ++i)
      out << noise(std::size_t{1} << 20, static_cast<unsigned>(i + 1));
  }

  process_result run(const arguments& words) { return start(words).wait(std::chrono::minutes(20)); }

  void expect_all_of_it(const std::string& got) const {
    std::ifstream a(path("large"), std::ios::binary);
    std::ifstream b(got, std::ios::binary);
    std::string left(std::size_t{1} << 20, '\0');
    auto right = left;
    for (std::uint64_t i = 0; i < mib_; ++i) {
      a.read(left.data(), static_cast<std::streamsize>(left.size()));
      b.read(right.data(), static_cast<std::streamsize>(right.size()));
      ASSERT_TRUE(left == right) << "MiB " << i << " of " << mib_;
    }
    EXPECT_EQ(b.get(), std::ifstream::traits_type::eof());
  }

  /// Of the file that was published, that many.
  void lose_shares(std::size_t count) const {
    std::vector<std::filesystem::path> large;
    for (const auto& each : std::filesystem::recursive_directory_iterator(place().path()))
      if (each.is_regular_file() && each.path().string().find("/shares/") != std::string::npos &&
          each.file_size() > (mib_ << 20) / 4)
        large.push_back(each.path());
    ASSERT_EQ(large.size(), 10U);
    for (std::size_t i = 0; i < count; ++i)
      std::filesystem::remove(large[i]);
  }

  void tell(const char* what, double most, double small, const process_result& of) const {
    std::printf("%llu MiB %s: %.0f MiB at most, %.0f for one byte, %.2f s\n",
                static_cast<unsigned long long>(mib_), what, most, small, of.seconds);
  }

  std::uint64_t mib_ = large_file_mib();
};

} // namespace

TEST_F(large_publish, takes_no_more_memory_than_a_few_windows_of_the_file) {
  ASSERT_EQ(truckee({"put", file("small", "x"), "--format", "mdmf"}).code, 0);
  const auto program = most_of_the_children();
  const auto made = run({"put", path("large"), "--format", "mdmf"});
  ASSERT_EQ(made.code, 0) << made.err;
  const auto from_file = most_of_the_children();
  tell("from a file", from_file, program, made);
  EXPECT_LT(from_file - program, publish_above_the_program_max);

  const auto cap = file("cap", made.out);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  process_options into;
  into.output_descriptor = ends[1];
  process cat("/bin/cat", {path("large")}, place().path(), into);
  ::close(ends[1]);
  auto& put = start_with([&](process_options& how) { how.input_descriptor = ends[0]; },
                         {"put", "-", "--cap-file", cap});
  ::close(ends[0]);
  const auto again = put.wait(std::chrono::minutes(20));
  ASSERT_EQ(again.code, 0) << again.err;
  tell("from a pipe", most_of_the_children(), program, again);
  EXPECT_LT(most_of_the_children() - program, publish_above_the_program_max);

  ASSERT_EQ(run({"get", "--cap-file", cap, "-o", path("out")}).code, 0);
  expect_all_of_it(path("out"));
  const auto checked = run({"--json", "check", "--cap-file", cap});
  EXPECT_EQ(checked.code, 0) << checked.err;

  lose_shares(2);
  const auto repaired = run({"--json", "repair", "--cap-file", cap});
  ASSERT_EQ(repaired.code, 0) << repaired.err;
  EXPECT_NE(repaired.out.find("\"refilled\""), std::string::npos) << repaired.out;
  tell("repaired", most_of_the_children(), program, repaired);
  EXPECT_LT(most_of_the_children() - program, publish_above_the_program_max);
  const auto verified = run({"--json", "verify", "--cap-file", cap});
  EXPECT_EQ(verified.code, 0) << verified.out;
}

TEST_F(large_publish, takes_no_more_of_a_gateway_either) {
  auto& gateway = start({"gateway", "--listen", "127.0.0.1:0"});
  auto where = gateway.wait_for("listening on ");
  where = where.substr(0, where.find(' '));
  ASSERT_EQ(truckee({"--gateway", where, "put", file("small", "x"), "--format", "mdmf"}).code, 0);
  const auto of_gateway = most_of(gateway.id());
  const auto of_program = most_of_the_children();
  const auto made = run({"--gateway", where, "put", path("large"), "--format", "mdmf"});
  ASSERT_EQ(made.code, 0) << made.err;
  tell("at a gateway", most_of(gateway.id()), of_gateway, made);
  tell("lent to it", most_of_the_children(), of_program, made);
  EXPECT_LT(most_of(gateway.id()) - of_gateway, publish_above_the_program_max);
  EXPECT_LT(most_of_the_children() - of_program, publish_above_the_program_max);
  ASSERT_EQ(run({"--gateway", where, "get", "--cap-file", file("cap", made.out), "-o", path("out")}).code, 0);
  expect_all_of_it(path("out"));
}
