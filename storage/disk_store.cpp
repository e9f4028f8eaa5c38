#include "truckee/storage/disk_store.hpp"

#include "truckee/crypto/base32.hpp"
#include "truckee/storage/container_store.hpp"
#include "truckee/storage/disk_backend.hpp"

#include <cerrno>
#include <system_error>

namespace truckee::storage {

namespace {

using std::filesystem::path;

/// No identity file has more; a longer one is a mistake.
constexpr std::uint64_t identity_file_max = 4096;

/// Absolute, without a trailing slash, so that "the directory above" is one, and without symbolic links: those
/// on the way to a store are its owner's, those inside it are nobody's.
path folder_of(const path& given) {
  std::error_code failed;
  auto out = std::filesystem::weakly_canonical(std::filesystem::absolute(given, failed), failed);
  out = (failed ? given : out).lexically_normal();
  return out.has_filename() ? out : out.parent_path();
}

/// Opens one store's folder, step by step; each step names what went wrong.
class opening {
public:
  opening(const disk_store_options& options, random_source& random, file_system& files)
    : options_(options), random_(random), files_(files), directory_(folder_of(options.directory)),
      shares_(folder_of(directory_ / "shares")), aside_(directory_ / "truckee-aside") {}

  result<std::unique_ptr<share_store>> run(unix_clock now) {
    if (auto present = check_presence(); !present)
      return tl::unexpected(present.error());
    auto lock = take_lock();
    if (!lock)
      return tl::unexpected(lock.error());
    if (auto done = options_.read_only ? check_whole() : make_ready(); !done)
      return tl::unexpected(done.error());
    const auto id = node_id();
    if (!id)
      return tl::unexpected(id.error());
    auto seed = identity("permutation-seed");
    if (!seed)
      return tl::unexpected(seed.error());
    auto backend = std::make_unique<disk_backend>(files_, shares_, aside_, id_file_, options_.durability,
                                                  std::move(*lock), options_.limits);
    const auto slots = backend->slots();
    if (!slots)
      return told(slots.error());
    return std::make_unique<container_store>(
        container_store_options{*id, seed->value_or(bytes{}), options_.limits, options_.read_only},
        std::move(now), std::move(backend), slots->size());
  }

private:
  bool full() const { return options_.durability == durability::full; }

  result<std::unique_ptr<file_lock>> take_lock() {
    if (!options_.read_only)
      if (auto done = make_path(directory_); !done)
        return told(done.error());
    auto lock = files_.lock(directory_ / "truckee.lock");
    if (lock)
      return std::move(*lock);
    const auto code = lock.error().code;
    if (code == EWOULDBLOCK)
      return fail(errc::refused,
                  "the store " + directory_.string() + " is open already: " + lock.error().what);
    if (options_.read_only && (code == EROFS || code == EACCES))
      return std::unique_ptr<file_lock>{};
    return told(lock.error());
  }

  /// Makes a directory and what is missing above it, each on the disk before the next.
  io_result<void> make_path(const path& directory) {
    auto made = files_.make_directory(directory);
    const auto parent = directory.parent_path();
    if (!made && made.error().code == ENOENT && !parent.empty() && parent != directory) {
      if (auto done = make_path(parent); !done)
        return done;
      made = files_.make_directory(directory);
    }
    if (!made && made.error().code == EEXIST)
      return {};
    if (!made || !full())
      return made;
    return files_.sync_directory(parent.empty() ? path(".") : parent);
  }

  /// Folders are there, leftovers of a crash are gone, and what earlier users of the folder left is on the
  /// disk.
  result<void> make_ready() {
    for (const auto& folder : {shares_, aside_})
      if (auto done = make_path(folder); !done)
        return told(done.error());
    // A process that was killed may have switched a slot and not synced it: leftovers must outlast the
    // switch.
    if (full())
      if (auto done = files_.sync_all(shares_); !done)
        return told(done.error());
    if (auto done = slot_lift(files_, aside_, full()).recover(shares_); !done)
      return told(done.error());
    const auto leftovers = files_.list(aside_);
    if (!leftovers)
      return told(leftovers.error());
    for (const auto& entry : *leftovers)
      if (auto done = remove_tree(files_, aside_ / entry.name, entry.kind); !done)
        return told(done.error());
    if (auto done = try_exchange(); !done)
      return done;
    return {};
  }

  /// For who may not mend what a crash left.
  result<void> check_whole() {
    const auto interrupted = slot_lift(files_, aside_, full()).interrupted();
    if (!interrupted)
      return told(interrupted.error());
    if (*interrupted)
      return fail(errc::io, directory_.string() +
                                " has a slot that was being changed when its last user ended; open the "
                                "store once for writing");
    return {};
  }

  /// Before anything is made: an empty mount point must not become a store.
  result<void> check_presence() {
    if (!options_.must_exist)
      return {};
    const auto id = identity("my_nodeid");
    if (!id)
      return tl::unexpected(id.error());
    const auto shares = files_.list(shares_);
    if (*id && shares)
      return {};
    if (!shares && shares.error().code != ENOENT)
      return told(shares.error());
    return fail(errc::configuration, directory_.string() +
                                         " has no store, and must have one; is its disk mounted? "
                                         "(A new store is made where that is not asked.)");
  }

  /// Every write goes from the one folder to the other, and one to several shares of a slot exchanges two
  /// directories; better to hear of it now than at the first such write.
  result<void> try_exchange() {
    const auto a = aside_ / "a";
    const auto b = shares_ / "truckee-exchange"; // no prefix, so nobody looks into it
    if (auto gone = files_.remove_directory(b); !gone && gone.error().code != ENOENT)
      return told(gone.error());
    for (const auto& folder : {a, b})
      if (auto done = files_.make_directory(folder); !done) {
        if (!is_full(done.error()))
          return told(done.error());
        // A full disk is read from all the same, and only what it takes is written.
        (void)files_.remove_directory(a);
        return {};
      }
    const auto exchanged = files_.exchange(a, b);
    for (const auto& folder : {a, b})
      if (auto done = files_.remove_directory(folder); !done)
        return told(done.error());
    if (!exchanged && exchanged.error().code == EXDEV)
      return fail(errc::io,
                  shares_.string() + " and " + aside_.string() +
                      " lie on two file systems; shares are moved from the one to the other, so both "
                      "must be on one: mount or link the whole of " +
                      directory_.string());
    if (!exchanged)
      return fail(errc::io, "the file system of " + directory_.string() +
                                " cannot exchange two directories in one step (" + exchanged.error().what +
                                "); put the store on ext4, XFS, Btrfs or tmpfs");
    return {};
  }

  /// The bytes of a base32 file in the folder or the one above; nothing where there is none.
  result<std::optional<bytes>> identity(const char* name) {
    for (const auto& file : {directory_ / name, directory_.parent_path() / name}) {
      const auto found = files_.open(file);
      if (!found && found.error().code == ENOENT)
        continue;
      if (!found)
        return told(found.error());
      if ((*found)->size() > identity_file_max)
        return fail(errc::configuration, file.string() + ": too long; expected one line of base32");
      const auto content = (*found)->read(0, (*found)->size());
      if (!content)
        return told(content.error());
      std::string_view text = as_text(content->view());
      while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.remove_suffix(1);
      auto raw = crypto::from_base32(text);
      if (!raw || raw->empty())
        return fail(errc::configuration, file.string() + ": expected one line of lower-case base32");
      if (std::string_view(name) == "my_nodeid")
        id_file_ = file;
      return std::optional(std::move(*raw));
    }
    return std::optional<bytes>{};
  }

  result<server_id> node_id() {
    const auto found = identity("my_nodeid");
    if (!found)
      return tl::unexpected(found.error());
    if (!*found)
      return make_node_id();
    if (const auto id = server_id::from(**found))
      return *id;
    return fail(errc::configuration, (directory_ / "my_nodeid").string() +
                                         ", or the one above it: expected 20 bytes (32 "
                                         "characters of base32), found " +
                                         std::to_string((*found)->size()));
  }

  result<server_id> make_node_id() {
    if (options_.read_only)
      return fail(errc::configuration, directory_.string() +
                                           " has no my_nodeid, so it is no store yet; open it once for "
                                           "writing to make it one");
    auto id = options_.new_id ? options_.new_id() : result<server_id>(random_.make<server_id>());
    if (!id)
      return id;
    if (auto done = write_identity(crypto::to_base32(id->view()) + "\n"); !done)
      return told(done.error());
    return id;
  }

  io_result<void> write_identity(const std::string& text) {
    const auto draft = aside_ / "my_nodeid";
    auto file = files_.create(draft);
    if (!file)
      return tl::unexpected(file.error());
    if (auto done = (*file)->append(as_bytes(text)); !done)
      return done;
    if (full())
      if (auto done = (*file)->sync(); !done)
        return done;
    if (auto done = (*file)->close(); !done)
      return done;
    if (auto done = files_.move(draft, directory_ / "my_nodeid"); !done)
      return done;
    return full() ? files_.sync_directory(directory_) : io_result<void>{};
  }

  const disk_store_options& options_;
  random_source& random_;
  file_system& files_;
  const path directory_;
  const path shares_;
  const path aside_;
  path id_file_ = directory_ / "my_nodeid"; ///< or the one above
};

} // namespace

result<std::unique_ptr<share_store>> open_disk_store(const disk_store_options& options, unix_clock now,
                                                     random_source& random, file_system& files) {
  if (options.directory.empty())
    return fail(errc::configuration, "a store needs a directory");
  return opening(options, random, files).run(std::move(now));
}

} // namespace truckee::storage
