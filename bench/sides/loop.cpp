#include "side.hpp"
#include "truckee/base/worker_pool.hpp"
#include "truckee/crypto/keys.hpp"
#include "truckee/shares/file_memory.hpp"
#include "truckee/shares/share_format.hpp"

#include <array>
#include <ctime>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <thread>

namespace truckee::bench {

namespace {

constexpr std::size_t servers = 10;
constexpr grid::spread three_of_ten{3, 10, 1};
/// From so many bytes a share on, servers are worth more than one thread.
constexpr std::size_t share_bytes_for_threads = 64 * 1024;

/// A file as its only writer knows it: nothing has to be asked for. Share i is on server i.
struct file {
  crypto::file_keys keys;
  shares::file_access access = {};
  std::uint64_t version = 0;
  std::array<shared_bytes, servers> prefixes = {}; ///< what the shares that are there begin with
};

class loop final : public side {
public:
  explicit loop(const place& where)
    : workers_(std::max(1U, std::thread::hardware_concurrency()) - 1),
      syncs_anything_(where.durability == storage::durability::full) {
    for (std::size_t i = 0; i < servers; ++i)
      stores_.push_back(open_store(where, i));
  }

  void create(const shared_bytes& content) override {
    auto made = new_file();
    write(made, content);
    files_.insert_or_assign(content.size(), std::move(made));
  }

  void update(const shared_bytes& content) override { write(files_.at(content.size()), content); }

  shared_bytes read(std::size_t size) override {
    const auto& of = files_.at(size);
    std::array<std::optional<fetched>, three_of_ten.needed> all;
    on_servers(size, all.size(), [&](std::size_t i) { all[i] = fetch(of, i); });
    std::map<share_number, shares::share_body> bodies;
    for (auto& each : all)
      bodies.emplace(each->body.share, std::move(each->body));
    auto content = shares::decode(all.front()->version, *of.access.read, bodies, codes_);
    if (!content)
      give_up(to_string(content.error()));
    return std::move(content->content);
  }

  /// There is nothing to wait for in a loop but the disk: the files take turns, and what waits for it waits together.
  void flight(std::size_t files, std::size_t updates) override {
    while (small_.size() < files)
      small_.push_back(new_file());
    for (std::size_t i = 0; i < updates; ++i) {
      write(small_[i % files], content_of(1024, i), false);
      if ((i + 1) % files == 0)
        settle();
    }
    settle();
  }

  std::uint64_t syncs() override { return syncs_; }

private:
  struct fetched {
    grid::file_version version;
    shares::share_body body;
  };

  file new_file() {
    auto key = crypto::private_key::generate();
    if (!key)
      give_up(to_string(key.error()));
    file out{.keys = crypto::file_keys(std::move(*key))};
    out.access = shares::access_to({crypto::file_format::sdmf, out.keys.write, out.keys.fingerprint});
    out.access.memory = memory_;
    return out;
  }

  void write(file& to, const shared_bytes& content, bool to_the_end = true) {
    auto made = shares::encode({.content = content.view(),
                                .spread = three_of_ten,
                                .sequence = sequence_number{++to.version},
                                .keys = to.keys},
                               context_);
    if (!made)
      give_up(to_string(made.error()));
    const auto master = crypto::derive_write_enabler_master(to.keys.write);
    on_servers(content.size(), servers, [&](std::size_t i) {
      auto& new_share = made->shares.at(share_number{static_cast<std::uint8_t>(i)});
      grid::read_test_write request;
      request.slot = to.keys.slot;
      request.secrets.write_enabler = crypto::derive_write_enabler(master, stores_[i]->info().id);
      auto& change = request.changes.emplace_back();
      change.share = {static_cast<std::uint8_t>(i)};
      change.tests.push_back({0, std::max<std::uint64_t>(1, to.prefixes[i].size()), to.prefixes[i]});
      to.prefixes[i] =
          shared_bytes(to_bytes(new_share.writes.front().data.view().first(grid::prefix_read_size)));
      change.writes = std::move(new_share.writes);
      change.new_length = new_share.length;
      request.reads.push_back(grid::prefix_read);
      if (syncs_anything_) {
        auto began = stores_[i]->begin_write(std::move(request));
        const std::lock_guard lock(mutex_);
        under_way_.push_back(std::move(began));
        return;
      }
      look(stores_[i]->read_test_write(request));
    });
    if (to_the_end)
      settle();
  }

  static void look(const grid::read_test_write_answer& answer) {
    if (answer.status != grid::storage_status::ok)
      give_up(std::string("a store says ") + std::string(to_string(answer.status)) + ' ' + answer.detail);
  }

  /// All that was begun comes to the disk, with as few syncs as there are steps.
  void settle() {
    for (;;) {
      std::vector<storage::staged_change*> wait;
      for (const auto& one : under_way_)
        if (!one->wishes().empty())
          wait.push_back(one.get());
      if (wait.empty())
        break;
      syncs_ += storage::go_on(*stores_.front()->disk(), wait);
    }
    for (const auto& one : std::exchange(under_way_, {}))
      look(one->answer());
  }

  fetched fetch(const file& of, std::size_t server) {
    const share_number number{static_cast<std::uint8_t>(server)};
    const auto ask = [&](std::vector<grid::read_vector> reads) {
      auto answer = stores_[server]->read({of.keys.slot, {number}, std::move(reads)});
      if (answer.status != grid::storage_status::ok || answer.reads.size() != 1)
        give_up("a share cannot be read");
      return std::move(answer.reads.begin()->second);
    };
    const auto head = ask({{0, shares::first_read_size}}).front();
    const auto format = shares::format_of(head.view());
    const auto version =
        format ? (*format)->verify_head(of.access, number, head.view()) : tl::unexpected(format.error());
    if (!version)
      give_up(to_string(version.error()));
    const auto wanted = shares::reads_for_body(head);
    auto judged = shares::judge_body(*version, number, head,
                                     wanted->empty() ? std::vector<shared_bytes>{} : ask(*wanted));
    if (judged.verdict != grid::share_verdict::good)
      give_up("a share does not verify: " + judged.reason);
    return {*version, std::move(judged.body)};
  }

  void on_servers(std::size_t content_bytes, std::size_t count,
                  const std::function<void(std::size_t)>& body) {
    if (content_bytes / three_of_ten.needed >= share_bytes_for_threads)
      workers_.for_each(count, body);
    else
      for (std::size_t i = 0; i < count; ++i)
        body(i);
  }

  worker_pool workers_;
  codec::erasure_codes codes_;
  buffer_pool buffers_{std::size_t{128} << 20};
  codec::codec_context context_{system_random(), workers_, codes_, &buffers_};
  std::shared_ptr<shares::file_memory> memory_ = std::make_shared<shares::file_memory>();
  std::vector<std::unique_ptr<storage::share_store>> stores_;
  std::map<std::size_t, file> files_; ///< by size
  std::vector<file> small_;
  const bool syncs_anything_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<storage::slot_write>> under_way_; ///< begun, and not on the disk
  std::uint64_t syncs_ = 0;
};

} // namespace

std::unique_ptr<storage::share_store> open_store(const place& where, std::size_t number) {
  auto store = storage::open_disk_store(
      {.directory = where.home / fmt::format("store{}", number), .durability = where.durability},
      [] { return static_cast<std::uint64_t>(std::time(nullptr)); }, system_random());
  if (!store)
    give_up(to_string(store.error()));
  return std::move(*store);
}

std::unique_ptr<side> loop_side(const place& where) {
  return std::make_unique<loop>(where);
}

} // namespace truckee::bench
