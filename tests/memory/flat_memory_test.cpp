#include "program/support/program.hpp"
#include "resident_memory.hpp"
#include "truckee/actors/node/client_node.hpp"

#include <cstdio>
#include <cstdlib>
#include <malloc.h>
#include <thread>

using namespace truckee;
using namespace truckee::test;
using namespace std::chrono_literals;

namespace {

/// What a process has, in bytes.
struct memory {
  std::size_t in_use = 0;   ///< taken from malloc and not given back
  std::size_t resident = 0; ///< as the kernel counts
};

memory memory_now() {
  const auto all = ::mallinfo2();
  return {all.uordblks + all.hblkhd, resident_kib() * 1024};
}

double mib(std::size_t bytes) {
  return static_cast<double>(bytes) / (1024 * 1024);
}

/// A client with two servers, whose files are published over and over.
class flat_memory : public program_test {
protected:
  static constexpr int publishes = 20'000;
  static constexpr int first = 2'000; ///< until pools, caches and tables have what they keep
  static constexpr int servers = 2;
  static constexpr int files = 8; ///< published at once, each by a caller of its own

  void start_client(settings::grid_config grid) {
    grid.encoding = {1, servers, servers};
    client_options how;
    how.grid = std::move(grid);
    how.data_home = data();
    how.durability = storage::durability::none;
    auto started = actors::client_node::start(std::move(how));
    ASSERT_TRUE(started) << to_string(started.error());
    client_ = std::move(*started);
    caps_.resize(files);
    for (auto& cap : caps_)
      cap = publish_one({}, 0);
  }

  settings::grid_config embedded() {
    settings::grid_config out;
    for (int i = 0; i < servers; ++i) {
      settings::server_config server;
      server.name = "s" + std::to_string(i);
      server.where = settings::local_directory{place() / "grid" / server.name};
      out.servers.push_back(std::move(server));
    }
    return out;
  }

  settings::grid_config remote(bool tls) {
    settings::grid_config out;
    if (tls) {
      arguments words{"certs", path("certs"), "client"};
      for (int i = 0; i < servers; ++i)
        words.push_back("s" + std::to_string(i));
      EXPECT_EQ(truckee(words).code, 0);
      out.tls = tls::node_files{path("certs/ca.pem"), path("certs/client.pem"), path("certs/client.key")};
    }
    for (int i = 0; i < servers; ++i) {
      settings::server_config server;
      server.name = "s" + std::to_string(i);
      arguments words{"--durability", "none",        "storage", "--directory", path("stores/" + server.name),
                      "--listen",     "127.0.0.1:0", "--name",  server.name};
      if (tls)
        words.insert(words.end(),
                     {"--ca", path("certs/ca.pem"), "--cert", path("certs/" + server.name + ".pem"), "--key",
                      path("certs/" + server.name + ".key")});
      auto& process = start(words);
      const auto line = process.wait_for("listening on ");
      const auto where = parse_address(line.substr(0, line.find(' ')));
      EXPECT_TRUE(where) << line;
      server.where = settings::caf_address{*where};
      processes_.push_back(&process);
      out.servers.push_back(std::move(server));
    }
    return out;
  }

  /// Publishes as often as the test wants to, and demands that nothing of it is left.
  void expect_flat() {
    publish(first);
    const auto before = memory_now();
    const auto servers_before = of_the_servers();
    std::printf("after %6d: %.2f MiB in use, %.1f resident, servers %.1f\n", first, mib(before.in_use),
                mib(before.resident), mib(servers_before));
    for (int done = first; done < publishes; done += publishes / 10) {
      publish(publishes / 10);
      const auto now = memory_now();
      std::printf("after %6d: %.2f MiB in use, %.1f resident, servers %.1f\n", done + publishes / 10,
                  mib(now.in_use), mib(now.resident), mib(of_the_servers()));
    }
    const auto after = memory_now();
    EXPECT_LE(mib(after.in_use), mib(before.in_use) * 1.05);
    // What malloc keeps of what it was given back moves a little, at this size.
    EXPECT_LE(mib(after.resident), mib(before.resident) * 1.05 + 2);
    if (!processes_.empty()) {
      EXPECT_LE(mib(of_the_servers()), mib(servers_before) * 1.05 + 2 * servers);
    }
  }

private:
  std::string publish_one(const std::string& cap, int number) {
    messages::publish_request x;
    x.write_cap = cap;
    x.content = shared_bytes::copy_of("version " + std::to_string(number) + " " + std::string(1000, 'x'));
    const auto reply = client_->ask(std::move(x));
    EXPECT_TRUE(reply.ok) << to_string(reply.failure);
    return reply.write_cap;
  }

  /// So many, eight at once, and then until everything has ended.
  void publish(int count) {
    std::vector<std::jthread> callers;
    for (int f = 0; f < files; ++f)
      callers.emplace_back([this, f, count] {
        for (int i = 0; i < count / files && !HasFailure(); ++i)
          publish_one(caps_[static_cast<std::size_t>(f)], i);
      });
    callers.clear();
    std::this_thread::sleep_for(300ms);
  }

  std::size_t of_the_servers() const {
    std::size_t out = 0;
    for (const auto* process : processes_)
      out += resident_kib(process->id()) * 1024;
    return out;
  }

  std::vector<process*> processes_;
  std::vector<std::string> caps_;
  std::unique_ptr<actors::client_node> client_;
};

} // namespace

TEST_F(flat_memory, stays_over_20_000_publishes_to_embedded_servers) {
  start_client(embedded());
  expect_flat();
}

TEST_F(flat_memory, stays_over_20_000_publishes_to_servers_in_other_processes) {
  start_client(remote(false));
  expect_flat();
}

TEST_F(flat_memory, stays_over_20_000_publishes_to_servers_reached_with_tls) {
  if (std::getenv("TRUCKEE_LONG_TESTS") == nullptr)
    GTEST_SKIP() << "minutes; set TRUCKEE_LONG_TESTS=1";
  start_client(remote(true));
  expect_flat();
}
