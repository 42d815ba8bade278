package searchgate.s3;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.elasticsearch.cluster.metadata.ProjectId;
import org.elasticsearch.cluster.metadata.RepositoryMetadata;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.blobstore.BlobPath;
import org.elasticsearch.common.blobstore.BlobStore;
import org.elasticsearch.common.blobstore.fs.FsBlobStore;
import org.elasticsearch.common.util.BigArrays;
import org.elasticsearch.env.Environment;
import org.elasticsearch.indices.recovery.RecoverySettings;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.RepositoryPlugin;
import org.elasticsearch.repositories.RepositoriesMetrics;
import org.elasticsearch.repositories.Repository;
import org.elasticsearch.repositories.SnapshotMetrics;
import org.elasticsearch.repositories.blobstore.BlobStoreRepository;
import org.elasticsearch.xcontent.NamedXContentRegistry;

/**
 * Snapshot repositories of the type s3, whose module is not on Maven Central. A bucket is a folder of its name below the folder that the system property
 * searchgate.buckets names, and has to be there. What is written is the server's own repository format; S3 itself, its errors and rights are not shown.
 */
public final class S3StandInPlugin extends Plugin implements RepositoryPlugin {
    @Override
    public Map<String, Repository.Factory> getRepositories(
        Environment environment,
        NamedXContentRegistry content,
        ClusterService cluster,
        BigArrays arrays,
        RecoverySettings recovery,
        RepositoriesMetrics repositories,
        SnapshotMetrics snapshots
    ) {
        return Map.of("s3", (project, metadata) -> new FolderRepository(project, metadata, content, cluster, arrays, recovery, snapshots));
    }

    private static final class FolderRepository extends BlobStoreRepository {
        private final String bucket;

        FolderRepository(
            ProjectId project,
            RepositoryMetadata metadata,
            NamedXContentRegistry content,
            ClusterService cluster,
            BigArrays arrays,
            RecoverySettings recovery,
            SnapshotMetrics snapshots
        ) {
            super(project, metadata, content, cluster, arrays, recovery, BlobPath.EMPTY, snapshots);
            bucket = metadata.settings().get("bucket", "");
            if (bucket.isEmpty()) {
                throw new IllegalArgumentException("No bucket defined for s3 repository");
            }
        }

        @Override
        protected BlobStore createBlobStore() throws Exception {
            Path folder = Path.of(System.getProperty("searchgate.buckets", "/nonexistent")).resolve(bucket);
            if (Files.isDirectory(folder) == false) {
                throw new NoSuchFileException("The specified bucket does not exist: " + bucket);
            }
            return new FsBlobStore(128 * 1024, folder, false);
        }
    }
}
