#include "storage/store_test_support.hpp"
#include "truckee/crypto/keys.hpp"
#include "truckee/crypto/tagged_hash.hpp"
#include "truckee/storage/container.hpp"

#include <functional>
#include <set>
#include <sys/stat.h>
#include <thread>

using namespace truckee;
using namespace truckee::storage;
using namespace truckee::test;
using grid::storage_status;
namespace fs = std::filesystem;

namespace {

class disk_store : public testing::Test {
protected:
  result<std::unique_ptr<share_store>> try_open(disk_store_options options) {
    if (options.directory.empty())
      options.directory = folder_.path() / "store";
    options.durability = durability::none;
    return open_disk_store(
        options, [] { return test_time; }, random_);
  }
  std::unique_ptr<share_store> open() {
    auto out = try_open({});
    EXPECT_TRUE(out) << to_string(out.error());
    return std::move(*out);
  }
  fs::path directory() const { return folder_.path() / "store"; }
  void write_file(const fs::path& file, std::string_view content) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
  }

  temporary_directory folder_;
  seeded_random random_{3};
  storage_index slot_ = filled<storage_index>(7);
};

std::string sha256_hex(byte_view content) {
  return to_hex(crypto::sha256({content}).view());
}

} // namespace

TEST_F(disk_store, makes_a_random_node_id_and_keeps_it) {
  const auto first = open()->info();
  EXPECT_EQ(open()->info().id, first.id);
  EXPECT_EQ(as_text(read_file(directory() / "my_nodeid")), crypto::to_base32(first.id.view()) + "\n");
  EXPECT_EQ(first.permutation_seed, to_bytes(first.id.view()));
}

TEST_F(disk_store, is_quick_where_it_remembers_a_slot_and_nothing_is_synced) {
  const auto store = open();
  EXPECT_FALSE(store->is_quick(slot_));
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "content")})).status,
            storage_status::ok);
  EXPECT_TRUE(store->is_quick(slot_)) << folder_.path() << " lies on a file system of this machine's own";
  EXPECT_FALSE(store->is_quick(filled<storage_index>(8)));
  disk_store_options lasting;
  lasting.directory = folder_.path() / "lasting";
  const auto synced = open_disk_store(
      lasting, [] { return test_time; }, random_);
  ASSERT_TRUE(synced) << to_string(synced.error());
  ASSERT_EQ((*synced)->read_test_write(request(slot_, {write_share(0, 0, "content")})).status,
            storage_status::ok);
  EXPECT_FALSE((*synced)->is_quick(slot_));
}

TEST_F(disk_store, takes_node_id_and_permutation_seed_from_the_directory_above) {
  write_file(folder_.path() / "my_nodeid", "gpa5nag4r3oxmiedlahhitnuazyenzt7\n");
  write_file(folder_.path() / "permutation-seed", crypto::to_base32(as_bytes("a seed of any length")));
  auto spelled =
      try_open({.directory = directory() / "." / "", .limits = {}, .durability = {}, .read_only = false});
  ASSERT_TRUE(spelled);
  EXPECT_EQ(to_hex((*spelled)->info().id.view()), "33c1d680dc8edd762083580e744db4067046e67f");
  spelled->reset();
  const auto info = open()->info();
  EXPECT_EQ(to_hex(info.id.view()), "33c1d680dc8edd762083580e744db4067046e67f");
  EXPECT_EQ(as_text(info.permutation_seed), "a seed of any length");
  EXPECT_FALSE(fs::exists(directory() / "my_nodeid"));
}

TEST_F(disk_store, an_unreadable_identity_is_a_configuration_error_that_names_the_file) {
  const std::vector<std::string> wrong{"",     "\n",  "GPA5NAG4R3OXMIEDLAHHITNUAZYENZT7",
                                       "gpa5", "a b", std::string(5'000, 'a')};
  for (const auto& content : wrong) {
    write_file(directory() / "my_nodeid", content);
    const auto refused = try_open({});
    ASSERT_FALSE(refused) << content;
    EXPECT_EQ(refused.error().code, errc::configuration);
    EXPECT_NE(refused.error().detail.find("my_nodeid"), std::string::npos) << refused.error().detail;
  }
}

TEST_F(disk_store, is_open_in_one_place_only_and_names_the_holder) {
  auto first = open();
  const auto second = try_open({});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::refused);
  EXPECT_NE(second.error().detail.find(std::to_string(::getpid())), std::string::npos)
      << second.error().detail;
  first.reset();
  EXPECT_TRUE(try_open({}));
}

TEST_F(disk_store, puts_nothing_but_containers_into_the_shares_directory) {
  const auto store = open();
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "a"), write_share(12, 0, "b")})).status,
            storage_status::ok);
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "A"), write_share(3, 0, "c")})).status,
            storage_status::ok);
  std::set<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(directory() / "shares"))
    if (entry.is_regular_file())
      found.insert(fs::relative(entry.path(), directory()).string());
  const auto name = crypto::to_base32(slot_.view());
  const auto at = "shares/" + name.substr(0, 2) + "/" + name + "/";
  EXPECT_EQ(found, (std::set<std::string>{at + "0", at + "12", at + "3"}));
  EXPECT_TRUE(fs::is_empty(directory() / "truckee-aside"));
}

TEST_F(disk_store, share_files_are_for_their_owner_only) {
  const auto store = open();
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "a")})).status, storage_status::ok);
  EXPECT_EQ(fs::status(share_path(directory(), slot_, 0)).permissions(),
            fs::perms::owner_read | fs::perms::owner_write)
      << "a container holds its write enabler";
}

TEST_F(disk_store, removes_leftovers_when_opened) {
  open();
  write_file(directory() / "truckee-aside/17/0", "half a share");
  write_file(directory() / "truckee-aside/18", "another");
  open();
  EXPECT_TRUE(fs::is_empty(directory() / "truckee-aside"));
}

TEST_F(disk_store, a_damaged_share_is_named_kept_and_does_not_hide_the_others) {
  const auto store = open();
  ASSERT_EQ(
      store->read_test_write(request(slot_, {write_share(0, 0, "good"), write_share(1, 0, "bad")})).status,
      storage_status::ok);
  write_file(share_path(directory(), slot_, 1), "torn by another program");
  const auto answer = store->read({slot_, {}, {{0, 9}}});
  EXPECT_EQ(answer.status, storage_status::ok);
  EXPECT_EQ(answer.reads, (grid::share_reads{{{0}, {text("good")}}}));
  ASSERT_EQ(answer.damaged.size(), 1U);
  EXPECT_NE(answer.damaged.at({1}).find("head"), std::string::npos);
  const auto refused = store->read_test_write(request(slot_, {write_share(0, 0, "new")}));
  EXPECT_EQ(refused.status, storage_status::corrupt) << "its write enabler cannot be checked";
  EXPECT_NE(refused.detail.find("share 1"), std::string::npos);
  EXPECT_EQ(store->expire(slot_, test_time * 2, {}, false)->removed, (std::vector<share_number>{{0}}));
  EXPECT_EQ(as_text(read_file(share_path(directory(), slot_, 1))), "torn by another program");
}

TEST_F(disk_store, adds_leases_to_good_shares_although_one_is_damaged_and_says_so) {
  const auto store = open();
  ASSERT_EQ(
      store->read_test_write(request(slot_, {write_share(0, 0, "good"), write_share(1, 0, "bad")})).status,
      storage_status::ok);
  fs::resize_file(share_path(directory(), slot_, 1), 100);
  const auto answer = store->add_lease(slot_, filled<server_secret>(8), filled<server_secret>(8));
  EXPECT_EQ(answer.status, storage_status::corrupt);
  EXPECT_NE(answer.detail.find("share 1"), std::string::npos);
  fs::remove(share_path(directory(), slot_, 1));
  EXPECT_EQ(store->leases(slot_)->at({0}).size(), 2U);
}

TEST_F(disk_store, files_of_others_are_no_shares_and_stay) {
  const auto store = open();
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "a"), write_share(1, 0, "b")})).status,
            storage_status::ok);
  const auto folder = share_path(directory(), slot_, 0).parent_path();
  for (const char* name : {"007", "256", "notes", "1.tmp", "-1"})
    write_file(folder / name, "mine");
  fs::create_symlink("/etc/passwd", folder / "9");
  write_file(directory() / "shares/incoming/ab/x/0", "an upload of Tahoe-LAFS");
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "A"), write_share(1, 0, "B")})).status,
            storage_status::ok);
  EXPECT_EQ(contents(*store, slot_), (std::map<int, std::string>{{0, "A"}, {1, "B"}}));
  ASSERT_EQ(store->read_test_write(request(slot_, {delete_share(0), delete_share(1)})).status,
            storage_status::ok);
  for (const char* name : {"007", "256", "notes", "1.tmp", "-1"})
    EXPECT_EQ(as_text(read_file(folder / name)), "mine");
  EXPECT_TRUE(fs::is_symlink(folder / "9"));
  EXPECT_TRUE(fs::exists(directory() / "shares/incoming/ab/x/0"));
  EXPECT_EQ(store->slots()->size(), 1U);
}

TEST_F(disk_store, a_directory_among_shares_refuses_a_change_that_would_lose_it) {
  const auto store = open();
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "a"), write_share(1, 0, "b")})).status,
            storage_status::ok);
  write_file(share_path(directory(), slot_, 0).parent_path() / "folder/file", "mine");
  const auto answer =
      store->read_test_write(request(slot_, {write_share(0, 0, "A"), write_share(1, 0, "B")}));
  EXPECT_EQ(answer.status, storage_status::io_error);
  EXPECT_NE(answer.detail.find("folder"), std::string::npos);
  EXPECT_EQ(contents(*store, slot_), (std::map<int, std::string>{{0, "a"}, {1, "b"}}));
  EXPECT_TRUE(fs::exists(share_path(directory(), slot_, 0).parent_path() / "folder/file"));
}

TEST_F(disk_store, read_only_reads_and_touches_nothing) {
  ASSERT_EQ(open()->read_test_write(request(slot_, {write_share(0, 0, "a")})).status, storage_status::ok);
  write_file(directory() / "truckee-aside/5", "left");
  const auto store =
      try_open({.directory = {}, .limits = {}, .durability = durability::none, .read_only = true});
  ASSERT_TRUE(store) << to_string(store.error());
  EXPECT_EQ(contents(**store, slot_), (std::map<int, std::string>{{0, "a"}}));
  EXPECT_EQ((*store)->read_test_write(request(slot_, {write_share(0, 0, "b")})).status,
            storage_status::read_only);
  EXPECT_EQ((*store)->read_test_write(request(slot_, {})).status, storage_status::ok) << "a pure read";
  EXPECT_EQ((*store)->add_lease(slot_, {}, {}).status, storage_status::read_only);
  EXPECT_EQ((*store)->expire(slot_, ~0ULL, {}, false).error().code, errc::read_only);
  EXPECT_EQ((*store)->expire(slot_, ~0ULL, {}, true)->removed.size(), 1U);
  EXPECT_TRUE((*store)->info().read_only);
  EXPECT_TRUE(fs::exists(directory() / "truckee-aside/5"));
  const auto absent = try_open({.directory = folder_.path() / "none",
                                .limits = {},
                                .durability = durability::none,
                                .read_only = true});
  ASSERT_FALSE(absent);
  EXPECT_FALSE(fs::exists(folder_.path() / "none"));
}

TEST_F(disk_store, different_slots_work_in_parallel) {
  const auto store = open();
  constexpr int per_thread = 40;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&store, t] {
      seeded_random random(static_cast<std::uint64_t>(t));
      for (int i = 0; i < per_thread; ++i) {
        const auto slot = random.make<storage_index>();
        const auto mine = std::to_string(t) + "." + std::to_string(i);
        EXPECT_EQ(
            store->read_test_write(request(slot, {write_share(0, 0, mine), write_share(1, 0, mine)})).status,
            storage_status::ok);
        EXPECT_EQ(store->read_test_write(request(slot, {write_share(0, 0, mine), delete_share(1)})).status,
                  storage_status::ok);
        EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{0, mine}}));
      }
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(store->slots()->size(), 4U * per_thread);
  EXPECT_EQ(store->info().slots, 4U * per_thread);
}

TEST_F(disk_store, a_tree_written_by_tahoe_lafs_is_read_and_updated_as_tahoe_lafs_would) {
  const auto vectors = read_json("sdmf.json");
  for (const auto& vector : vectors.at("vectors")) {
    if (vector.at("name") != "k3n10s1000-updates")
      continue;
    const auto slot =
        *storage_index::from(*crypto::from_base32(vector.at("storage_index").get<std::string>()));
    const auto recorded = [](const nlohmann::json& step, const char* what) {
      return read_file(vector_path(step.at("shares").at(0).at(what)));
    };
    const auto& steps = vector.at("steps");
    const auto& server =
        vector.at("servers").at(steps.at(0).at("shares").at(0).at("server").get<std::size_t>());
    const auto id = *server_id::from(hex(server.at("tubid")));
    write_file(directory() / "my_nodeid", crypto::to_base32(id.view()) + "\n");
    write_file(share_path(directory(), slot, 0), as_text(recorded(steps.at(0), "container_file")));
    const auto store = open();
    EXPECT_EQ(contents(*store, slot)[0], as_text(recorded(steps.at(0), "file")));
    const auto leases =
        crypto::derive_lease_secrets(*crypto::lease_secret::from(hex(vector.at("lease_secret"))), slot, id);
    for (std::size_t i = 1; i < steps.size(); ++i) {
      grid::read_test_write update;
      update.slot = slot;
      update.secrets = {secret(steps.at(i).at("shares").at(0).at("write_enabler")), leases.renew,
                        leases.cancel};
      const auto found = recorded(steps.at(i - 1), "file");
      update.changes = {write_share(0, 0, as_text(recorded(steps.at(i), "file")))};
      update.changes[0].tests.push_back({0, 57, shared_bytes::copy_of(byte_view(found).first(57))});
      EXPECT_EQ(store->read_test_write(update).status, storage_status::ok);
      EXPECT_EQ(to_hex(read_file(share_path(directory(), slot, 0))),
                to_hex(recorded(steps.at(i), "container_file")))
          << steps.at(i).at("step");
    }
    return;
  }
  FAIL() << "the vector is missing";
}

TEST_F(disk_store, every_recorded_publish_gives_the_containers_that_tahoe_lafs_wrote) {
  int seen = 0;
  for (const char* file : {"sdmf.json", "mdmf.json"}) {
    if (!have_vector(file))
      continue;
    const auto vectors = read_json(file);
    for (const auto& vector : vectors.at("vectors")) {
      const auto slot =
          *storage_index::from(*crypto::from_base32(vector.at("storage_index").get<std::string>()));
      std::map<std::size_t, std::unique_ptr<share_store>> servers;
      for (const auto& share : vector.at("steps").at(0).at("shares")) {
        if (!have_vector(share.at("file")))
          continue;
        const auto number = share.at("server").get<std::size_t>();
        const auto id = *server_id::from(hex(vector.at("servers").at(number).at("tubid")));
        const auto folder =
            folder_.path() / file / vector.at("name").get<std::string>() / std::to_string(number);
        if (!servers.contains(number)) {
          write_file(folder / "my_nodeid", crypto::to_base32(id.view()));
          auto opened = open_disk_store(
              {folder, {}, durability::none, false},
              [now = vector.at("now").get<std::uint64_t>()] { return now; }, random_);
          ASSERT_TRUE(opened);
          servers[number] = std::move(*opened);
        }
        const auto leases = crypto::derive_lease_secrets(
            *crypto::lease_secret::from(hex(vector.at("lease_secret"))), slot, id);
        grid::read_test_write publish{
            slot, {secret(share.at("write_enabler")), leases.renew, leases.cancel}, {}, {}};
        const auto shnum = share.at("shnum").get<int>();
        publish.changes = {write_share(shnum, 0, as_text(read_file(vector_path(share.at("file")))))};
        ASSERT_EQ(servers[number]->read_test_write(publish).status, storage_status::ok);
        const auto written = read_file(share_path(folder, slot, shnum));
        EXPECT_EQ(sha256_hex(written), share.at("container_sha256").get<std::string>())
            << file << " " << vector.at("name") << " share " << shnum;
        ++seen;
      }
    }
  }
  EXPECT_GT(seen, 10);
  RecordProperty("containers", seen);
}

TEST_F(disk_store, on_two_file_systems_is_refused_when_opened) {
  struct stat here {};
  struct stat there {};
  if (::stat(folder_.path().c_str(), &here) != 0 || ::stat(fs::temp_directory_path().c_str(), &there) != 0 ||
      here.st_dev == there.st_dev)
    GTEST_SKIP() << "this machine has one file system only";
  auto pattern = (fs::temp_directory_path() / "truckee-storage-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  fs::create_directories(directory());
  fs::create_directory_symlink(pattern, directory() / "shares");
  const auto refused = try_open({});
  fs::remove_all(pattern);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::io);
  EXPECT_NE(refused.error().detail.find("two file systems"), std::string::npos) << refused.error().detail;
}

TEST_F(disk_store, shares_may_be_a_link_on_one_file_system) {
  fs::create_directories(directory());
  fs::create_directories(folder_.path() / "elsewhere");
  fs::create_directory_symlink(folder_.path() / "elsewhere", directory() / "shares");
  const auto store = open();
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "a"), write_share(1, 0, "b")})).status,
            storage_status::ok);
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "A"), write_share(1, 0, "B")})).status,
            storage_status::ok);
  EXPECT_EQ(contents(*store, slot_), (std::map<int, std::string>{{0, "A"}, {1, "B"}}));
  EXPECT_TRUE(fs::is_empty(directory() / "truckee-aside"));
}

TEST_F(disk_store, links_inside_it_lead_nowhere) {
  const auto store = open();
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "a")})).status, storage_status::ok);
  const auto slot = share_path(directory(), slot_, 0).parent_path();
  const auto prefix = slot.parent_path();
  const auto outside = folder_.path() / "outside";
  const auto expect_closed = [&] {
    EXPECT_EQ(store->read({slot_, {}, {{0, 9}}}).status, storage_status::io_error);
    EXPECT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "evil")})).status,
              storage_status::io_error);
    EXPECT_EQ(
        store->read_test_write(request(slot_, {write_share(1, 0, "evil"), write_share(2, 0, "evil")})).status,
        storage_status::io_error);
    EXPECT_EQ(store->read_test_write(request(slot_, {delete_share(0)})).status, storage_status::io_error);
    EXPECT_EQ(store->add_lease(slot_, {}, {}).status, storage_status::io_error);
  };
  fs::rename(slot, outside); // the slot is a link
  fs::create_directory_symlink(outside, slot);
  const auto kept = read_file(outside / "0");
  expect_closed();
  fs::remove(slot);
  fs::remove(prefix); // its prefix directory is one
  const auto far = folder_.path() / "far";
  fs::create_directories(far);
  fs::rename(outside, far / slot.filename());
  fs::create_directory_symlink(far, prefix);
  expect_closed();
  EXPECT_EQ(read_file(far / slot.filename() / "0"), kept);
  EXPECT_EQ(std::distance(fs::recursive_directory_iterator(far), fs::recursive_directory_iterator()), 2);
}

TEST_F(disk_store, one_that_was_removed_while_open_takes_no_writes_and_calls_nothing_absent) {
  for (const auto& remove : std::vector<std::function<void()>>{
           [&] { fs::remove_all(directory()); }, [&] { fs::remove(directory() / "truckee.lock"); },
           [&] { fs::remove(directory() / "my_nodeid"); },
           [&] {
             fs::rename(directory(), folder_.path() / "moved");
             fs::create_directories(directory() / "shares");
             fs::create_directories(directory() / "truckee-aside");
           }}) {
    fs::remove_all(directory());
    fs::remove_all(folder_.path() / "moved");
    const auto store = open();
    ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "a")})).status, storage_status::ok);
    EXPECT_FALSE(store->info().read_only);
    remove();
    const auto refused = store->read_test_write(request(filled<storage_index>(8), {write_share(0, 0, "b")}));
    EXPECT_EQ(refused.status, storage_status::io_error);
    EXPECT_NE(refused.detail.find("removed or replaced"), std::string::npos) << refused.detail;
    EXPECT_EQ(store->read({filled<storage_index>(9), {}, {{0, 9}}}).status, storage_status::io_error)
        << "that there is nothing is not known any more";
    EXPECT_TRUE(store->info().read_only);
    EXPECT_EQ(store->info().bytes_available, 0U);
    EXPECT_FALSE(fs::exists(share_path(directory(), filled<storage_index>(8), 0)));
  }
}

TEST_F(disk_store, one_that_must_exist_is_not_made) {
  const disk_store_options must{
      .directory = {}, .limits = {}, .durability = {}, .read_only = false, .must_exist = true};
  const auto refused = try_open(must);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::configuration);
  EXPECT_NE(refused.error().detail.find("mounted"), std::string::npos) << refused.error().detail;
  EXPECT_FALSE(fs::exists(directory())) << "nothing is made";
  fs::create_directories(directory());
  EXPECT_FALSE(try_open(must));
  EXPECT_TRUE(fs::is_empty(directory())) << "nor on an empty mount point";
  write_file(folder_.path() / "my_nodeid", "gpa5nag4r3oxmiedlahhitnuazyenzt7\n");
  EXPECT_FALSE(try_open(must)) << "the id above it is none of what is mounted here";
  fs::remove(folder_.path() / "my_nodeid");
  open();
  EXPECT_TRUE(try_open(must));
}
